"""The second stage against the slow way: every document read word for word."""

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_collections import commit, plain_tokens

from searchkit.analysis.token import Kind, Layer
from searchkit.analysis.words import ends_sentence, split
from searchkit.document import Document
from searchkit.engines.whoosh import occurrences
from searchkit.engines.whoosh.executor import contributions, run
from searchkit.query.plan import AnyTerm, Plan, PlanTerm, SecondStage, SecondStageWeights
from searchkit.ranking.weights import K1

WEIGHTS = SecondStageWeights(window=200, ordered=0.8, near=0.6, bigrams=1.3, sentence=2.0)
MANY = "낱" + "자" * 40 + "말"
"""A word of more base terms than a step of a stream counts."""
WORDS = ["모델", "모델을", "확산모델", "확산", "llm", "be", "생성", "자연어", "처리", "한다.", MANY, "낱말"]
TEXT = st.lists(st.sampled_from([*WORDS, *WORDS[:3]]), max_size=12).map(" ".join)
DOCUMENTS = st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3)), min_size=1, max_size=12).map(
    lambda drawn: [
        Document(id=f"d{number:02}", title=title, bullets=bullets)
        for number, (title, bullets) in enumerate(drawn)
    ]
)
QUERY = st.lists(
    st.sampled_from(["모델", "확산", "llm", "be", "생성", "자연어", "없는", "낱", "말", "자"]),
    min_size=1,
    max_size=5,
)
BIGRAMS = st.lists(st.sampled_from(["모델", "확산", "델을", "연어", "없는"]), max_size=3, unique=True)


def planned(query, bigrams=(), weights=WEIGHTS):
    layers = {Layer.TITLE: 2.0, Layer.BULLETS: 1.0, Layer.SURFACE: 0.5}
    terms = [
        PlanTerm(layer, text, weight) for text in dict.fromkeys(query) for layer, weight in layers.items()
    ]
    return Plan(AnyTerm(tuple(terms)), second=SecondStage(tuple(query), tuple(bigrams), weights))


def found(generation, plan, **options):
    hits = run(generation, plan, **{"limit": 1000, **options}).hits
    return [(generation.segments[segment].id_of(doc), score) for score, (segment, doc) in hits]


class Slow:
    """Reads documents; knows what the second stage adds to each."""

    def __init__(self, documents):
        self.sentences = {}
        self.ordered, self.near, self.spelled = {}, {}, {}
        self.base = {Layer.TITLE: {}, Layer.BULLETS: {}}
        for document in documents:
            items = [[self._base(s) for s in self._cut(t)] for t in (document.title, *document.bullets)]
            self.sentences[document.id] = [sentence for item in items for sentence in item]
            ordered, near = Counter(), Counter()
            for item in items:
                terms = [term for sentence in item for term in sentence]
                ordered.update(pairwise(terms))
                for distance in (1, 2, 3):
                    near.update(tuple(sorted(pair)) for pair in zip(terms, terms[distance:]))
            self.ordered[document.id], self.near[document.id] = ordered, near
            forms = [word.key.form for text in (document.title, *document.bullets) for word in split(text)]
            self.spelled[document.id] = Counter(
                bigram
                for form in forms
                for bigram in {form[at : at + 2] for at in range(len(form) - 1)}
                if all("가" <= letter <= "힣" for letter in bigram)
            )
            self.base[Layer.TITLE][document.id] = {term for part in items[0] for term in part}
            self.base[Layer.BULLETS][document.id] = {t for item in items[1:] for part in item for t in part}

    @staticmethod
    def _cut(text):
        sentences = [[]]
        for chunk in text.split():
            sentences[-1].extend(word.key for word in split(chunk))
            if ends_sentence(chunk):
                sentences.append([])
        return sentences

    @staticmethod
    def _base(keys):
        return [token.text for key in keys for token in plain_tokens(key) if token.kind is Kind.BASE]

    @staticmethod
    def _idf(count, freq):
        return math.log(1 + (count - freq + 0.5) / (freq + 0.5))

    def _freq(self, table, key):
        return sum(1 for counts in table.values() if counts[key])

    def _term_idf(self, term):
        for layer in (Layer.BULLETS, Layer.TITLE):
            holding = [terms for terms in self.base[layer].values() if terms]
            freq = sum(term in terms for terms in holding)
            if freq:
                return self._idf(len(holding), freq)
        return 0.0

    def score(self, query, bigrams, weights, name):
        paired = sum(1 for counts in self.ordered.values() if counts)
        spelled = sum(1 for counts in self.spelled.values() if counts)
        known = {term for table in self.base.values() for terms in table.values() for term in terms}
        pairs = dict.fromkeys(pair for pair in pairwise(query) if set(pair) <= known)
        total = 0.0
        for pair in pairs:
            tf, freq = self.ordered[name][pair], self._freq(self.ordered, pair)
            if tf:
                total += weights.ordered * self._idf(paired, freq) * tf / (tf + K1)
        for pair in dict.fromkeys(tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]):
            tf = self.near[name][pair]
            freq = sum(self._freq(self.ordered, each) for each in (pair, pair[::-1]))
            if tf:
                idf = self._idf(paired, min(max(freq, 1), paired))
                total += weights.near * idf * tf / (tf + K1)
        for bigram in bigrams:
            tf = self.spelled[name][bigram]
            if tf:
                idf = self._idf(spelled, self._freq(self.spelled, bigram))
                total += weights.bigrams * idf * tf / (tf + K1)
        best = max(
            (sum(self._term_idf(term) for term in {*query} & {*part}) for part in self.sentences[name]),
            default=0.0,
        )
        return total + weights.sentence * best


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, QUERY, BIGRAMS, st.data())
def test_scores_are_those_of_the_slow_way_after_any_commits(
    tmp_path_factory, documents, query, bigrams, data
):
    folder = tmp_path_factory.mktemp("index")
    cut = data.draw(st.integers(0, len(documents)))
    deleted = (
        data.draw(st.sets(st.sampled_from([document.id for document in documents[:cut]]))) if cut else set()
    )
    again = data.draw(st.booleans())
    commit(folder, [documents[:cut]]).close()
    generation = commit(folder, [documents[cut:]], delete=sorted(deleted))
    kept = [document for document in documents if document.id not in deleted]
    if again and len(kept) > 1 and kept[0].id < kept[-1].id and kept[0] in documents[:cut]:
        generation.close()
        generation = commit(folder, delete=[kept.pop(0).id])
    plan = planned(query, bigrams)
    slow = Slow(kept)
    with generation:
        first = dict(found(generation, replace(plan, second=None)))
        both = found(generation, plan)
        assert {name for name, _ in both} == set(first)
        for name, score in both:
            assert score - first[name] == pytest.approx(slow.score(query, bigrams, WEIGHTS, name), abs=1e-6)
        assert both == sorted(both, key=lambda hit: (-hit[1], hit[0]))
        for score, (segment, doc) in run(generation, plan, limit=3).hits:
            parts = contributions(generation, plan, segment, doc)
            assert sum(part.score for part in parts) == pytest.approx(score, abs=1e-6)


def test_equal_documents_score_equal_to_the_last_bit(tmp_path):
    texts = ["확산 모델 생성", "확산 llm 모델. 생성 be", "be 확산 모델"]
    batches = [
        [Document(id=f"{batch}-{n:02}", title=texts[n % 3], bullets=[texts[n % 3]]) for n in range(30)]
        for batch in "ba"
    ]
    with commit(tmp_path, batches) as generation:
        hits = found(generation, planned(["확산", "모델", "생성", "be"], ["확산", "모델"]))
    assert len({score for _, score in hits}) == 3
    assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def test_pages_go_on_behind_the_window_in_the_order_of_the_first_stage(tmp_path):
    documents = [
        Document(
            id=f"{n:03}", title="모델", bullets=["모델 " * (n % 7) + "확산 " * (n % 5) + "be " * (n % 3)]
        )
        for n in range(60)
    ]
    plan = planned(["모델", "확산"], ["모델"], replace(WEIGHTS, window=20))
    with commit(tmp_path, [documents[:40], documents[40:]]) as generation:
        whole = found(generation, plan)
        first = found(generation, replace(plan, second=None))
        pages = [hit for offset in range(0, 60, 7) for hit in found(generation, plan, limit=7, offset=offset)]
        by_date = found(generation, plan, sort="date")
    assert pages == whole
    assert whole[20:] == first[20:]
    assert {name for name, _ in whole[:20]} == {name for name, _ in first[:20]}
    assert [score for _, score in whole] == sorted((score for _, score in whole), reverse=True)
    assert dict(by_date) == pytest.approx(dict(first))


def test_nothing_is_added_by_words_the_index_lacks(tmp_path):
    with commit(tmp_path, [[Document(id="a", title="모델", bullets=[])]]) as generation:
        plan = Plan(planned(["모델"]).root, second=SecondStage(("없는", "둘다"), ("없는",), WEIGHTS))
        assert found(generation, plan) == found(generation, replace(plan, second=None))


def test_words_of_a_term_are_the_same_however_many_are_asked_for(tmp_path, monkeypatch):
    texts = ["모델 확산모델 자연어", "확산모델을 생성 be", "자연어 처리 확산모델"]
    documents = [Document(id=str(number), title=text) for number, text in enumerate(texts)]
    with commit(tmp_path, [documents]) as generation:
        terms = [generation.lexicon.remembered_id(text) for text in ("확산모델", "자연어", "be", "처리")]
        monkeypatch.setattr(occurrences, "_FEW_TERMS", len(terms))
        known = occurrences.StreamWords(generation)
        first, later = ([known.with_term(term).tolist() for term in terms] for _ in range(2))
        assert first == later
        assert all(first)
