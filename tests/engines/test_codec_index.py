"""Whoosh opens our index folder and finds what it finds in an index of its own, made with the same analyzers."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from whoosh import index, query
from whoosh.qparser import MultifieldParser, OrGroup, QueryParser

from searchkit import Document, SearchIndex
from searchkit.engines.whoosh.stock import VERSION
from searchkit.engines.whoosh.whoosh_analyzers import ITEM_SEPARATOR, name_pieces

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus" / "2024"
WORDS = [
    "확산",
    "모델을",
    "학습했다.",
    "대규모",
    "언어",
    "모델(LLM)",
    "GPT-4의",
    "양자화",
    "Diffusion",
    "models",
]
WORDS += ["데이터의,", "생물학자", "C++", "27.3%"]
NAMES = ["Ann O'Lee", "이 철수", "Yingyan, Lin", "Émile Zola"]


def small_collection(seed, count=60):
    """Return documents in two languages, some of each field missing."""
    rng = random.Random(seed)
    documents = []
    for number in range(count):
        bullets = [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))) for _ in range(rng.randint(0, 4))]
        labels = [rng.choice([None, "What's New", "확산 방법"]) for _ in bullets]
        documents.append(
            Document(
                id=f"d{number}",
                title=" ".join(rng.choices(WORDS, k=rng.randint(0, 6))),
                bullets=bullets,
                labels=labels if rng.random() < 0.5 else (),
                date=rng.choice([None, "2024-01-05", "2024-02-07", "2023-12-31"]),
                votes=rng.choice([None, -3, 0, 7, 7, 120]),
                authors=rng.sample(NAMES, rng.randint(0, 3)),
                arxiv_id=rng.choice([None, f"2401.{number:05}", f"2401.{number:05}v2"]),
                url=rng.choice([None, f"https://example.org/{number}"]),
                extra={"note": [number]} if rng.random() < 0.3 else {},
            )
        )
    return documents


def stock_index(folder, schema, documents):
    """Index documents with Whoosh's own codec; bullets become one text, as its analyzers want it."""
    folder.mkdir()
    made = index.create_in(folder, schema)
    writer = made.writer(limitmb=64)
    for document in documents:
        text = ITEM_SEPARATOR.join(document.bullets)
        known = {
            "date": document.date,
            "votes": document.votes,
            "arxiv_id": document.arxiv_id,
            "url": document.url,
        }
        writer.add_document(
            id=document.id,
            title=document.title,
            bullets=text,
            _stored_bullets=list(document.bullets),
            author=" ".join(document.authors),
            **{name: value for name, value in known.items() if value is not None},
        )
    writer.commit()
    return made


def live_of(segment):
    docs = [d for d in range(segment.doc_count) if segment.deleted is None or not segment.deleted[d]]
    return segment.documents(docs)


def found(ix, asked):
    with ix.searcher() as searcher:
        return sorted(hit["id"] for hit in searcher.search(asked, limit=None))


def ordered(ix, asked):
    with ix.searcher() as searcher:
        return [(hit["id"], hit.score) for hit in searcher.search(asked, limit=None)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """An index of several segments, with deletions, and what Whoosh makes of the same documents."""
    folder = tmp_path_factory.mktemp("pair")
    documents = small_collection(1)
    with SearchIndex.build(documents[:30], folder / "ours") as searched:
        for start in (30, 40, 50):
            searched.add(documents[start : start + 10])
        searched.delete(["d3", "d4", "d33", "d59"])
        searched.add(Document(id="d5", title="확산 모델 again", bullets=["GPT-4의 양자화", "모델을 학습"]))
        ours = index.open_dir(str(searched.whoosh_dir))
        kept = [
            document
            for segment in searched._current().snapshot.generation.segments
            for document in live_of(segment)
        ]
        assert len(searched._current().snapshot.generation.segments) > 1
        yield ours, stock_index(folder / "stock", ours.schema, kept), kept


QUERIES = (
    "확산",
    "모델을",
    "확산 모델",
    '"확산 모델"',
    '"모델을 학습"',
    "GPT-4",
    "GPT-4의 OR C++",
    "diffusion AND NOT 모델",
    "NOT 확산",
    "대규모 OR (언어 AND 모델)",
    "학*",
    "dif*",
    "m?del",
    "[가 TO 모]",
    "27.3",
    "생물학자 데이터의",
    '"대규모 언어"~3',
    "*",
)


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("field", ["title", "bullets"])
def test_parsed_queries_find_the_same(pair, field, text):
    ours, stock, _ = pair
    asked = QueryParser(field, ours.schema).parse(text)
    assert found(ours, asked) == found(stock, asked)


def test_most_queries_find_something(pair):
    ours, _, _ = pair
    assert sum(bool(found(ours, QueryParser("bullets", ours.schema).parse(text))) for text in QUERIES) > 14


def test_random_queries_find_the_same(pair):
    ours, stock, kept = pair
    rng = random.Random(5)
    texts = [text for document in kept for text in (document.title, *document.bullets) if text]
    parser = MultifieldParser(["title", "bullets"], ours.schema, group=OrGroup)
    hits = 0
    for _ in range(120):
        words = rng.choice(texts).split()
        at = rng.randrange(len(words))
        piece = " ".join(words[at : at + rng.randint(1, 3)])
        text = rng.choice(
            [piece, f'"{piece}"', f"{piece} AND NOT {rng.choice(texts).split()[0]}", f"{piece[:2]}*"]
        )
        asked = parser.parse(text)
        assert found(ours, asked) == found(stock, asked), text
        hits += bool(found(ours, asked))
    assert hits > 80


def test_scores_are_whooshs_own_where_lengths_are_short(pair):
    ours, stock, _ = pair
    for text in ("확산", "diffusion 모델", "gpt OR 양자화"):
        asked = QueryParser("title", ours.schema).parse(text)
        # Segments come in another order, so that equal scores may swap.
        assert sorted(ordered(ours, asked)) == [
            (key, pytest.approx(score, rel=1e-6)) for key, score in sorted(ordered(stock, asked))
        ]


def test_terms_are_the_same(pair):
    ours, stock, _ = pair
    with ours.reader() as one, stock.reader() as other:
        for field in ("title", "bullets", "author", "date", "id", "votes"):
            assert set(one.lexicon(field)) == set(other.lexicon(field)), field
            assert one.field_length(field) == other.field_length(field), field
            for text in other.lexicon(field):
                assert one.doc_frequency(field, text) == other.doc_frequency(field, text)
                assert one.frequency(field, text) == other.frequency(field, text)
                info, expected = one.term_info(field, text), other.term_info(field, text)
                assert info.max_weight() == expected.max_weight()


def test_positions_are_the_same(pair):
    ours, stock, _ = pair

    def positions(ix, field, text):
        with ix.searcher() as searcher:
            matcher = searcher.postings(field, text)
            return sorted(
                (searcher.stored_fields(doc)["id"], tuple(places))
                for doc, places in matcher.items_as("positions")
            )

    for field in ("title", "bullets"):
        with stock.reader() as reader:
            terms = list(reader.field_terms(field))
        assert len(terms) > 10
        for text in terms:
            assert positions(ours, field, text) == positions(stock, field, text), text


def test_other_fields(pair):
    ours, stock, kept = pair
    for asked in (
        query.Term("id", "d7"),
        query.Term("date", "2024-01-05"),
        query.TermRange("date", "2024-01-01", "2024-12-31"),
        query.NumericRange("votes", 0, 50),
        query.Term("votes", -3),
        query.Term("author", "lee"),
        query.Prefix("author", "이"),
        query.Every("date"),
        query.Every(),
        query.FuzzyTerm("title", "difusion", maxdist=2),
    ):
        assert found(ours, asked) == found(stock, asked), asked
        assert found(ours, asked), asked
    with_ids = [document for document in kept if document.arxiv_id]
    for document in with_ids:
        for wanted in {document.arxiv_id, document.arxiv_id.partition("v")[0]}:
            assert found(ours, query.Term("arxiv_id", wanted)) == [document.id]
        assert found(ours, query.Prefix("arxiv_id", document.arxiv_id)) == [document.id]
    assert found(ours, query.Prefix("arxiv_id", "2401.")) == sorted(document.id for document in with_ids)
    assert not found(ours, query.Term("arxiv_id", "2401.00001v9"))


def test_parts_surfaces_and_identifiers(pair):
    ours, _, kept = pair
    has_label = {document.id for document in kept if "What's New" in document.labels}
    assert has_label <= set(found(ours, QueryParser("surface", ours.schema).parse("What's")))
    assert set(found(ours, QueryParser("identifiers", ours.schema).parse("GPT4"))) == set(
        found(ours, QueryParser("identifiers", ours.schema).parse("GPT-4의"))
    )
    assert found(ours, QueryParser("surface", ours.schema).parse("모델을"))
    with ours.reader() as reader:
        assert "생물학자".encode() not in set(reader.lexicon("parts"))


def test_stored_fields_are_the_documents(pair):
    ours, _, kept = pair
    by_id = {document.id: document for document in kept}
    with ours.searcher() as searcher:
        assert searcher.doc_count() == len(kept)
        seen = dict.fromkeys(by_id, 0)
        for fields in searcher.documents():
            document = by_id[fields["id"]]
            seen[document.id] += 1
            assert fields["bullets"] == list(document.bullets)
            assert fields["title"] == document.title
            for name in ("date", "votes", "url", "arxiv_id"):
                assert fields.get(name) == getattr(document, name)
            assert fields["authors"] == list(document.authors)
            assert fields["extra"] == document.extra
        assert set(seen.values()) == {1}
        assert searcher.document(id="d5")["title"] == "확산 모델 again"
        assert searcher.document(id="d3") is None


def test_sorting_and_grouping(pair):
    ours, _, kept = pair
    with ours.searcher() as searcher:
        by_votes = searcher.search(query.Every(), limit=None, sortedby="votes", reverse=True)
        votes = [hit.get("votes") for hit in by_votes]
        known = [vote for vote in votes if vote is not None]
        assert votes[: len(known)] == sorted(known, reverse=True)
        by_date = searcher.search(query.Every(), limit=None, sortedby="date")
        dates = [hit.get("date") or "" for hit in by_date]
        assert dates == sorted(dates)
        groups = searcher.search(query.Every(), limit=None, groupedby="date").groups()
        assert {name: len(docs) for name, docs in groups.items()} == {
            date or "": sum(1 for document in kept if document.date == date)
            for date in {document.date for document in kept}
        }


def test_deleted_documents_are_nowhere(pair):
    ours, _, kept = pair
    assert {"d3", "d4", "d33", "d59"}.isdisjoint(found(ours, query.Not(query.Term("title", "nowhere"))))
    assert ours.doc_count() == len(kept)
    with ours.reader() as reader:
        assert not reader.has_deletions()
        assert b"d3" not in set(reader.lexicon("id"))
        assert ("id", "d3") not in reader


def test_whooshs_writers_are_kept_out(pair):
    ours, _, _ = pair
    with pytest.raises((OSError, index.LockError)):
        ours.writer()


def test_our_boolean_query_finds_the_same(pair, tmp_path):
    """Over the terms of titles and bullets; labels, which only our lower layers hold, are left out."""
    _, _, kept = pair
    bare = [replace(document, labels=()) for document in kept]
    with SearchIndex.build(bare, tmp_path / "again") as searched:
        ours = index.open_dir(str(searched.whoosh_dir))
        parser = MultifieldParser(["title", "bullets"], ours.schema, group=OrGroup)
        for text in (
            "확산 AND 양자화",
            "확산 OR 양자화",
            "학습 AND NOT 확산",
            "diffusion",
            "대규모 AND 언어 AND NOT 데이터",
        ):
            hits = searched.search(text, limit=1000, expand=False)
            assert sorted(hit.id for hit in hits) == found(ours, parser.parse(text)), text


def test_an_empty_index(tmp_path):
    with SearchIndex.build([Document(id="only", title="one")], tmp_path / "index") as searched:
        searched.delete("only")
        ours = index.open_dir(str(searched.whoosh_dir))
        assert ours.doc_count() == 0
        assert found(ours, query.Every()) == []


def test_a_reader_goes_on_while_commits_come(tmp_path):
    with SearchIndex.build([Document(id="d0", title="확산 모델")], tmp_path / "index") as searched:
        ours = index.open_dir(str(searched.whoosh_dir))
        with ours.searcher() as before:
            for number in range(1, 6):
                searched.add(Document(id=f"d{number}", title="확산"))
            assert [hit["id"] for hit in before.search(query.Term("title", "확산"))] == ["d0"]
            assert not before.up_to_date()
            with ours.searcher() as after:
                assert len(after.search(query.Term("title", "확산"))) == 6


def test_names_are_cut_as_queries_cut_them():
    assert name_pieces("Yingyan, Lin") == ["yingyan", "lin"]
    assert name_pieces("STRASSE Straße") == ["strasse", "strasse"]


def test_whoosh_is_the_release_that_the_index_is_written_for():
    import whoosh

    assert whoosh.__version__ == VERSION


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus isn't beside the checkout")
def test_a_month_of_real_papers(tmp_path):
    """Random stretches of real text, asked of both."""
    with SearchIndex.build(CORPUS / "03", tmp_path / "ours") as searched:
        ours = index.open_dir(str(searched.whoosh_dir))
        kept = [
            document
            for segment in searched._current().snapshot.generation.segments
            for document in live_of(segment)
        ]
    stock = stock_index(tmp_path / "stock", ours.schema, kept)
    rng = random.Random(8)
    hits = 0
    with ours.searcher() as one, stock.searcher() as other:
        for number in range(150):
            field = rng.choice(["title", "bullets", "bullets"])
            document = rng.choice(kept)
            text = document.title if field == "title" else rng.choice(document.bullets or ("",))
            words = text.replace('"', " ").split() or ["x"]
            at = rng.randrange(len(words))
            piece = " ".join(words[at : at + rng.randint(1, 4)])
            asked = QueryParser(field, ours.schema).parse(f'"{piece}"' if number % 3 == 0 else piece)
            answers = [
                sorted(hit["id"] for hit in searcher.search(asked, limit=None)) for searcher in (one, other)
            ]
            assert answers[0] == answers[1], asked
            hits += bool(answers[0])
    assert hits > 100
