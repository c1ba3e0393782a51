import numpy as np
import pytest
import small_collections
from small_collections import commit

from searchkit.analysis.token import Kind, Token
from searchkit.document import Document
from searchkit.engines.whoosh import phrase, places
from searchkit.engines.whoosh.executor import run
from searchkit.engines.whoosh.phrase_terms import ResolvedPhrase
from searchkit.query.plan import And, AnyTerm, InField, Not, Phrase, PhraseWord, Plan
from searchkit.ranking.postings import Postings, postings_of

PARTICLES = ("을", "은", "이")


def stem_tokens(key):
    """Cut a particle from Hangul words, as an analyzer would."""
    stem = key.form[:-1] if key.form.endswith(PARTICLES) and len(key.form) > 1 else key.form
    return (Token(Kind.BASE, stem, 0, len(stem)),)


@pytest.fixture
def find(tmp_path, monkeypatch):
    """Return a function: documents, node → ids found."""
    monkeypatch.setattr(small_collections, "plain_tokens", stem_tokens)

    def search(documents, node):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        made = [Document(id=key, **values) for key, values in documents.items()]
        with commit(folder, [made[::2], made[1::2]]) as generation:
            found = run(generation, Plan(node), limit=100)
            return sorted(generation.segments[segment].id_of(doc) for _, (segment, doc) in found.hits)

    return search


def words(*forms, tail=()):
    places = [PhraseWord((form,)) for form in forms]
    if tail:
        places[-1] = PhraseWord((forms[-1],), tail=True, base=tail)
    return tuple(places)


DOCUMENTS = {
    "exact": {"bullets": ["최근 확산 모델 연구"]},
    "particle": {"bullets": ["확산 모델을 쓴다"]},
    "joined": {"bullets": ["확산모델 연구"]},
    "turned": {"bullets": ["모델 확산"]},
    "apart": {"bullets": ["확산 큰 모델"]},
    "across": {"bullets": ["새 확산", "모델 연구"]},
    "into title": {"title": "확산", "bullets": ["모델"]},
    "sentences": {"bullets": ["끝은 확산. 모델 연구"]},
    "longer": {"bullets": ["확산 모델링 연구"]},
    "title": {"title": "확산 모델", "bullets": ["없다"]},
    "label": {"bullets": ["없다"], "labels": ["확산 모델"]},
}
DOCUMENTS = {key.replace(" ", "-"): values for key, values in DOCUMENTS.items()}


def test_words_stand_side_by_side_in_one_item(find):
    assert find(DOCUMENTS, Phrase(words("확산", "모델"), ())) == ["exact", "label", "sentences", "title"]


def test_the_last_word_may_take_a_particle_but_not_grow(find):
    found = find(DOCUMENTS, Phrase(words("확산", "모델", tail=("모델",)), ()))
    assert found == ["exact", "label", "particle", "sentences", "title"]
    assert find(DOCUMENTS, Phrase(words("모델을"), ())) == ["particle"]


def test_one_word_with_a_particle(find):
    found = find(DOCUMENTS, Phrase(words("모델", tail=("모델",)), ()))
    assert found == sorted(set(DOCUMENTS) - {"joined", "longer"})


def test_fields(find):
    assert find(DOCUMENTS, Phrase(words("확산", "모델"), (), "title")) == ["title"]
    assert find(DOCUMENTS, Phrase(words("확산", "모델"), (), "bullets")) == ["exact", "label", "sentences"]
    assert find(DOCUMENTS, InField(("확산",), (), "title")) == ["into-title", "title"]
    assert "into-title" not in find(DOCUMENTS, InField(("확산", "없는"), (), "bullets"))


def test_unknown_words_find_nothing_and_their_negation_everything(find):
    unknown = Phrase(words("확산", "없는말"), ())
    assert find(DOCUMENTS, unknown) == []
    assert find(DOCUMENTS, Not(unknown)) == sorted(DOCUMENTS)
    assert find(DOCUMENTS, Phrase((), ())) == []
    assert find(DOCUMENTS, AnyTerm(())) == []


def test_a_context_in_which_the_base_differs_does_not_fit(find, monkeypatch):
    def by_context(key):
        return stem_tokens(key) if not key.context else (Token(Kind.BASE, key.form, 0, len(key.form)),)

    monkeypatch.setattr(small_collections, "plain_tokens", by_context)
    documents = {"free": {"title": "모델을"}, "glued": {"title": "x모델을"}}
    assert find(documents, Phrase(words("모델", tail=("모델",)), ())) == ["free"]


@pytest.mark.parametrize("scan_share", [0, 32])
def test_many_candidates_are_proven_by_decoding_and_by_scanning(find, monkeypatch, scan_share):
    monkeypatch.setattr(phrase, "_BATCH", 7)
    monkeypatch.setattr(phrase, "_SCAN_SHARE", scan_share)
    documents = {
        f"d{at:02}": {"title": "나" if at % 3 else "나 가", "bullets": ["가 나 다"]} for at in range(60)
    }
    assert find(documents, Phrase(words("나", "가"), ())) == [f"d{at:02}" for at in range(0, 60, 3)]
    assert find(documents, InField(("가",), (), "title")) == [f"d{at:02}" for at in range(0, 60, 3)]
    both = And((InField(("나",), (), "title"), Not(Phrase(words("나", "가"), (), "title"))))
    assert find(documents, both) == [f"d{at:02}" for at in range(60) if at % 3]


def test_base_terms_are_compared_in_order_and_whole():
    tokens = places.WordTokens(
        forms=np.arange(5),
        counts=np.array([2, 2, 1, 0, 3]),
        kinds=np.array([0, 0, 0, 0, 0, 0, 1, 0]),
        terms=np.array([7, 8, 8, 7, 7, 7, 9, 8]),
    )
    assert places._has_base(tokens, np.array([7, 8])).tolist() == [True, False, False, False, True]
    assert places._has_base(tokens, np.array([], np.int64)).tolist() == [False, False, False, True, False]


def test_what_a_name_adds_is_kept_for_the_last_weight_alone():
    held = Postings(np.array([3, 8], np.uint32), np.ones(2, np.uint8))
    name = ResolvedPhrase(1.0, 2, held, 0)
    factors = np.full(100, 0.9, np.float32)
    first = name.impacts(1.9, factors)
    assert name.impacts(1.9, factors) is first
    assert first.listed[0].tolist() == [3, 8]
    assert first.listed[1].tolist() == [1.0, 1.0]
    assert name.impacts(3.8, factors).listed[1].tolist() == [2.0, 2.0]
    assert name.impacts(1.9, factors).listed[1].tolist() == [1.0, 1.0]
    assert ResolvedPhrase(0.0, 0, None, 0).impacts(1.9, factors) is None


def test_a_name_in_many_documents_adds_the_same_to_each():
    name = ResolvedPhrase(1.0, 60, postings_of(np.arange(60), np.ones(60, np.uint8), 100), 0)
    sums = np.zeros(112, np.float32)
    name.impacts(3.8, np.full(100, 0.9, np.float32)).add_to(sums)
    np.testing.assert_allclose(sums, [2.0] * 60 + [0.0] * 52)


def test_titles_with_other_words_of_one_base_are_told_apart(find):
    documents = {
        "it": {"title": "모델을 쓰다", "bullets": ["없다"]},
        "it-beside-another": {"title": "모델을 쓰다", "bullets": ["모델은 크다"]},
        "another": {"title": "모델은 크다", "bullets": ["없다"]},
        "another-beside-it": {"title": "모델은 크다", "bullets": ["모델을 쓰다"]},
        "below": {"title": "없다", "bullets": ["모델을 쓰다"]},
    }
    assert find(documents, Phrase(words("모델을"), (), "title")) == ["it", "it-beside-another"]
    assert find(documents, Phrase(words("모델"), (), "title")) == []
