"""What every engine's snapshot tells, against what the documents say themselves."""

from __future__ import annotations

import zlib
from collections import Counter

import pytest
from contract_documents import ANALYZER, base, collection, doc_freqs, items, neighbours, terms

from searchkit import SearchIndex
from searchkit.analysis.glosses import glosses
from searchkit.analysis.token import FIRST_WORD, ITEM_END, Layer
from searchkit.analysis.words import split
from searchkit.engines.locate import engine_at
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Everything,
    Id,
    InField,
    MinVotes,
    Not,
    Or,
    Phrase,
    PhraseTerm,
    PhraseWord,
    Plan,
    PlanTerm,
)

DOCUMENTS = collection()
BY_ID = {document.id: document for document in DOCUMENTS}
LAYERS = (Layer.TITLE, Layer.BULLETS, Layer.SURFACE)


@pytest.fixture(scope="module")
def snapshot(shared_location, tmp_path_factory):
    terms = tmp_path_factory.mktemp("terms")
    (terms / "synonyms.txt").write_text("speech, 음성\n", encoding="utf-8")
    SearchIndex.build(DOCUMENTS, shared_location, terms=terms).close()
    with engine_at(shared_location).open() as opened:
        yield opened


def named(snapshot, found):
    return snapshot.ids([handle for _, handle in found.hits])


def any_of(text, layers=LAYERS, weight=1.0):
    return AnyTerm(tuple(PlanTerm(layer, text, weight) for layer in layers))


def test_it_knows_itself(snapshot):
    assert snapshot.number >= 1
    assert snapshot.live_count == len(DOCUMENTS)
    assert snapshot.versions["analysis"] == ANALYZER.fingerprint
    assert dict(snapshot.user_files) == {"synonyms.txt": "speech, 음성\n".encode()}
    assert snapshot.sources


def test_documents_come_back_as_they_went_in(snapshot):
    assert {document.id: document for document in snapshot.all_documents()} == BY_ID
    handles = [snapshot.find(name) for name in reversed(BY_ID)]
    assert snapshot.ids(handles) == list(reversed(BY_ID))
    assert snapshot.documents(handles) == DOCUMENTS[::-1]
    assert snapshot.documents([]) == snapshot.ids([]) == []
    assert snapshot.find("2024-01-01") is None


def test_terms_are_counted(snapshot):
    for layer in LAYERS:
        expected = doc_freqs(DOCUMENTS, layer)
        assert {text: snapshot.doc_freq(layer, text) for text in expected} == expected
        found = snapshot.live_frequencies(layer)
        assert len(found) == snapshot.lexicon.string_count
        counted = {snapshot.lexicon.string(at): int(found[at]) for at in found.nonzero()[0].tolist()}
        assert counted == expected
        assert snapshot.documents_with(layer) == sum(bool(terms(document, layer)) for document in DOCUMENTS)
        assert all(snapshot.idf(layer, text) > 0 for text in expected)
    assert snapshot.doc_freq(Layer.TITLE, "nowhere") == snapshot.idf(Layer.TITLE, "nowhere") == 0


def test_a_sample_is_the_same_wherever_documents_lie(snapshot):
    for text, count in doc_freqs(DOCUMENTS, Layer.SURFACE).most_common(8):
        holding = [document.id for document in DOCUMENTS if text in terms(document, Layer.SURFACE)]
        expected = sorted(holding, key=lambda name: zlib.crc32(name.encode()))
        for limit in (1, 5, 1000):
            total, handles = snapshot.sample(Layer.SURFACE, text, limit)
            assert total == count
            assert snapshot.ids(handles) == expected[:limit]
    assert snapshot.sample(Layer.SURFACE, "nowhere", 3) == (0, [])


def test_words_are_those_of_the_texts(snapshot):
    handles = [snapshot.find(document.id) for document in DOCUMENTS]
    codes, offsets = snapshot.words(handles)
    assert len(offsets) == len(DOCUMENTS) + 1
    bounds = offsets.tolist()
    for at, document in enumerate(DOCUMENTS):
        stream = codes[bounds[at] : bounds[at + 1]].tolist()
        found, item = [], []
        for code in stream:
            if code == ITEM_END:
                found.append(item)
                item = []
            elif code >= FIRST_WORD:
                item.append(snapshot.lexicon.key(code - FIRST_WORD))
        assert found == [[word.key for word in split(text)] for text in items(document)]
    assert [part.tolist() for part in snapshot.words([])] == [[], [0]]


def test_neighbours_are_counted(snapshot):
    expected = Counter(pair for document in DOCUMENTS for pair in set(neighbours(document)))
    for pair in [*expected, ("diffusion", "nowhere"), ("nowhere", "diffusion")]:
        assert snapshot.side_by_side(*pair) == expected[pair], pair


def test_glosses_are_counted_and_found(snapshot):
    expected = {}
    for document in DOCUMENTS:
        for gloss in set(glosses((document.title, *document.bullets))):
            expected.setdefault(gloss, set()).add(document.id)
    assert expected
    assert snapshot.gloss_counts() == {gloss: len(names) for gloss, names in expected.items()}
    everywhere = snapshot.glossing(expected, 1000)
    assert {gloss: set(snapshot.ids(handles)) for gloss, handles in everywhere.items()} == expected
    assert all(len(handles) <= 1 for handles in snapshot.glossing(expected, 1).values())
    assert snapshot.glossary is not None
    others = {name for each in snapshot.glossary.translations("강화학습") for name in each.spellings}
    assert "Reinforcement Learning" in others


@pytest.mark.parametrize("text", ["diffusion", "model", "확산", "gpt-4", "의"])
def test_a_term_finds_what_holds_it(snapshot, text):
    holding = {d.id for d in DOCUMENTS if any(text in terms(d, layer) for layer in LAYERS)}
    found = snapshot.run(Plan(any_of(text)), limit=1000, facets=True)
    assert set(named(snapshot, found)) == holding
    assert found.total == len(holding)
    assert all(score > 0 for score, _ in found.hits)
    months = Counter(BY_ID[name].date[:7] for name in holding if BY_ID[name].date)
    authors = Counter(author for name in holding for author in BY_ID[name].authors)
    ordered = {
        "month": sorted(months.items(), key=lambda each: (-each[1], each[0])),
        "author": sorted(authors.items(), key=lambda each: (-each[1], each[0])),
    }
    assert found.facets == ordered


@pytest.mark.parametrize("sort", ["relevance", "date", "votes"])
@pytest.mark.parametrize("root", [Everything(), any_of("diffusion")])
def test_order_and_pages(snapshot, sort, root):
    whole = snapshot.run(Plan(root), limit=1000, sort=sort)
    names = named(snapshot, whole)
    score_of = dict(zip(names, (round(score, 5) for score, _ in whole.hits)))

    def key(name):
        document = BY_ID[name]
        first = {"date": document.date or "", "votes": -1 if document.votes is None else document.votes}
        by = "date" if sort == "relevance" and root == Everything() else sort
        return first.get(by, 0)

    best = sorted(names, key=lambda name: (-score_of[name], name))
    best.sort(key=key, reverse=True)
    assert [(key(name), score_of[name]) for name in names] == [(key(name), score_of[name]) for name in best]
    if root == Everything():
        assert names == best
    pages = [
        named(snapshot, snapshot.run(Plan(root), limit=7, offset=at, sort=sort)) for at in range(0, 70, 7)
    ]
    assert [name for page in pages for name in page] == names
    counted = snapshot.run(Plan(root), limit=0, sort=sort)
    assert (counted.hits, counted.total) == ([], whole.total)


DIFFUSION = any_of("diffusion")
NODES = {
    "phrase": Phrase((PhraseWord(("diffusion",)), PhraseWord(("models", "attention"))), ()),
    "phrase with a tail": Phrase((PhraseWord(("확산",)), PhraseWord(("모델",), True, ("모델",))), ()),
    "phrase in the title": Phrase((PhraseWord(("diffusion",)), PhraseWord(("models",))), (), "title"),
    "word of the title": InField(("diffusion",), (), "title"),
    "word of a bullet": InField(("diffusion", "요약"), (), "bullets"),
    "both": And((DIFFUSION, any_of("attention"))),
    "either": Or((DIFFUSION, any_of("attention"))),
    "neither": Not(Or((DIFFUSION, any_of("attention")))),
    "nothing": AnyTerm(()),
    "dates": DateRange("2024-01-03", "2024-01-05"),
    "until": DateRange(None, "2024-01-05"),
    "author": Author(("kim", "min")),
    "beginning of an author": Author(("yu",), True),
    "votes": MinVotes(5),
    "id": Id("2024-01-02/001", 3.0),
    "name": PhraseTerm("diffusion models", ((PhraseWord(("diffusion",)), PhraseWord(("models",))),), 1.0),
}


def holds(document, node):
    forms = [[word.key.form for word in split(text)] for text in items(document)]
    bullets = 1 + len(document.bullets)

    def stands(words, field):
        chosen = {None: forms, "title": forms[:1], "bullets": forms[1:]}[field]
        return any(
            all(
                item[at + shift] in place.forms
                or (
                    place.tail and item[at + shift].startswith(place.forms) and _ends(item[at + shift], place)
                )
                for shift, place in enumerate(words)
            )
            for item in chosen
            for at in range(len(item) - len(words) + 1)
        )

    def _ends(form, place):
        return tuple(base(form)) == place.base

    match node:
        case AnyTerm(found):
            return any(term.text in terms(document, term.layer) for term in found)
        case Phrase(words, _, field):
            return stands(words, field)
        case PhraseTerm(_, phrases, _, field, _, _):
            return any(stands(words, field) for words in phrases)
        case InField(wanted, _, field):
            chosen = forms[:1] if field == "title" else forms[1:bullets] + forms[bullets:]
            return any(form in item for item in chosen for form in wanted)
        case And(children):
            return all(holds(document, child) for child in children)
        case Or(children):
            return any(holds(document, child) for child in children)
        case Not(child):
            return not holds(document, child)
        case DateRange(since, until):
            return document.date is not None and (since or "") <= document.date <= (until or "9")
        case Author(words, prefix):
            names = [author.lower().split() for author in document.authors]
            return any(
                all(any(part.startswith(word) if prefix else part == word for part in name) for word in words)
                for name in names
            )
        case MinVotes(votes):
            return document.votes is not None and document.votes >= votes
        case Id(value, _):
            return document.id == value
    raise AssertionError(node)


@pytest.mark.parametrize("name", NODES)
def test_every_kind_of_node_matches_what_it_should(snapshot, name):
    node = NODES[name]
    expected = {document.id for document in DOCUMENTS if holds(document, node)}
    assert name == "nothing" or 0 < len(expected) < len(DOCUMENTS)
    assert set(named(snapshot, snapshot.run(Plan(node), limit=1000))) == expected
    filtered = snapshot.run(Plan(DIFFUSION, (node,)), limit=1000)
    both = {document.id for document in DOCUMENTS if document.id in expected and holds(document, DIFFUSION)}
    assert set(named(snapshot, filtered)) == both
    assert filtered.total == len(both)
    if isinstance(node, PhraseTerm):
        assert snapshot.phrase_freqs([node]) == [len(expected)]


def test_one_document_matches_or_not(snapshot):
    nodes = list(NODES.values())
    for document in DOCUMENTS[:5]:
        matches = snapshot.matches(nodes, snapshot.find(document.id))
        assert matches == [holds(document, node) for node in nodes]


def test_parts_of_a_score_add_up_to_it(snapshot):
    scoring = (any_of("diffusion", weight=2.0), any_of("attention"), NODES["name"], NODES["id"])
    plan = Plan(Or(scoring))
    for score, handle in snapshot.run(plan, limit=5).hits:
        parts = snapshot.contributions(plan, handle)
        assert sum(part.score for part in parts) == pytest.approx(score, rel=1e-4)
        for part in parts:
            if part.term.layer in LAYERS and part.tf:
                assert part.doc_freq == snapshot.doc_freq(part.term.layer, part.term.text)
                assert part.idf == pytest.approx(snapshot.idf(part.term.layer, part.term.text), rel=1e-4)
    other = next(document for document in DOCUMENTS if not any(holds(document, node) for node in scoring))
    assert list(snapshot.contributions(plan, snapshot.find(other.id))) == []


def test_statistics_say_how_much_there_is(snapshot):
    found = snapshot.statistics()
    assert found["format_version"] == 1
    assert found["documents"] == len(DOCUMENTS)
    dates = sorted(document.date for document in DOCUMENTS if document.date)
    assert (found["first_date"], found["last_date"]) == (dates[0], dates[-1])
    assert found["undated"] == len(DOCUMENTS) - len(dates)
    assert found["versions"] == dict(snapshot.versions)
    assert found["bytes"]["total"] > 0
