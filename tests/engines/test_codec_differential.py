"""Our codec under Whoosh answers what Whoosh's own codec answers."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.qparser import QueryParser
from whoosh_pairs import LONGEST, WORDS, Pair, make_schema, random_document, random_query

from searchkit.engines.whoosh.codec import PlainSegment, SearchkitCodec


@pytest.fixture(params=[1, 2])
def pair(request, tmp_path):
    pair = Pair(tmp_path)
    pair.fill(request.param)
    return pair


def ask_many(pair, seed, count, **options):
    rng = random.Random(seed)
    found = [pair.ask(random_query(rng), **options) for _ in range(count)]
    # Queries that find nothing prove little.
    assert sum(1 for number in found if number) > count / 2


def test_several_segments_with_deletions(pair):
    ours = pair.indexes[1]
    assert len(ours._segments()) == 4
    assert all(isinstance(segment, PlainSegment) for segment in ours._segments())
    assert any(segment.has_deletions() for segment in ours._segments())
    ask_many(pair, 11, 90)


def test_merged_into_one_segment(pair):
    pair.write(lambda writer: writer.add_document(id="last", text="alfa bravo"), optimize=True)
    (segment,) = pair.indexes[1]._segments()
    assert not segment.has_deletions()
    ask_many(pair, 12, 90)
    assert pair.indexes[0].doc_count() == pair.indexes[1].doc_count()


def test_merged_as_whoosh_sees_fit(pair):
    for number in range(4):
        pair.write(lambda writer, key=f"m{number}": writer.add_document(id=key, text="alfa delta"))
    ask_many(pair, 13, 40)


def test_long_texts_differ_only_by_rounded_lengths(tmp_path):
    pair = Pair(tmp_path)
    pair.fill(5, longest=6 * LONGEST)
    ask_many(pair, 14, 60, exact=False)


def test_spans(pair):
    """On their own: inside other queries Whoosh fails to estimate their size, whatever the codec."""
    rng = random.Random(4)
    for _ in range(40):
        one, two = (query.Term(rng.choice(["chars", "text"]), rng.choice(WORDS)) for _ in range(2))
        two.fieldname = one.fieldname
        pair.ask(query.SpanNear2([one, two], slop=rng.randint(1, 3), ordered=rng.random() < 0.5))
        pair.ask(query.SpanFirst(one, limit=2))
        pair.ask(query.SpanNot(one, two))


def test_parsed_queries(pair):
    parser = QueryParser("text", make_schema())
    for text in (
        'alfa "bravo delta" OR chars:golf*',
        "(모델 OR 확산*) NOT tags:alfa number:[-9 TO 12]",
        "when:[20240105 TO 20240220] flag:true",
        'plain:echo^3 OR "alfa bravo"~3',
        "*:*",
        "text:*",
        "ratio:{-1 TO 1.5] stems:runs",
    ):
        assert pair.ask(parser.parse(text)), text


def test_sorting_grouping_and_collapsing(pair):
    for by, reverse in (("number", False), ("number", True), ("when", False), ("tags", False), ("id", True)):
        answers = []
        for ix in pair.indexes:
            with ix.searcher() as searcher:
                results = searcher.search(
                    query.Every(), limit=None, sortedby=by, reverse=reverse, groupedby="tags"
                )
                answers.append(([hit["id"] for hit in results], results.groups("tags")))
        assert answers[0] == answers[1]


def test_readers_tell_the_same(pair):
    readers = [ix.reader() for ix in pair.indexes]
    stock, ours = readers
    assert ours.doc_count() == stock.doc_count()
    assert ours.doc_count_all() == stock.doc_count_all()
    assert list(ours.all_stored_fields()) == list(stock.all_stored_fields())
    assert set(ours.indexed_field_names()) == set(stock.indexed_field_names())
    for field in sorted(stock.indexed_field_names()):
        assert list(ours.lexicon(field)) == list(stock.lexicon(field))
        assert ours.field_length(field) == stock.field_length(field)
    for (field, text), info in stock:
        found = ours.term_info(field, text)
        for name in ("weight", "doc_frequency", "max_weight", "min_id", "max_id"):
            assert getattr(found, name)() == getattr(info, name)(), (field, text, name)
        assert ours.doc_frequency(field, text) == stock.doc_frequency(field, text)
        assert ours.frequency(field, text) == stock.frequency(field, text)
    for reader in readers:
        assert reader.doc_frequency("text", "nowhere") == 0
        assert ("text", "nowhere") not in reader
        reader.close()


def test_postings_and_vectors_are_the_same(pair):
    readers = [ix.reader() for ix in pair.indexes]
    for field, kinds in (
        ("text", ["positions"]),
        ("chars", ["positions", "characters"]),
        ("plain", ["frequency"]),
    ):
        for text in readers[0].lexicon(field):
            for kind in (*kinds, "weight", "frequency"):
                stock, ours = (
                    [(i, v) for i, v in reader.postings(field, text).items_as(kind)] for reader in readers
                )
                assert ours == stock
            stock, ours = (list(reader.postings(field, text).all_ids()) for reader in readers)
            assert ours == stock
    for doc in readers[0].all_doc_ids():
        had = [reader.has_vector(doc, "text") for reader in readers]
        assert had[0] == had[1]
        if had[0]:
            vectors = [list(reader.vector_as("positions", doc, "text")) for reader in readers]
            assert vectors[0] == vectors[1]
    for reader in readers:
        reader.close()


def test_skipping_goes_where_stepping_goes(pair):
    rng = random.Random(3)
    readers = [leaf for leaf, _ in pair.indexes[1].reader().leaf_readers()]
    for reader in readers:
        for text in reader.lexicon("text"):
            ids = list(reader._terms.matcher("text", text, reader.schema["text"].format).all_ids())
            for _ in range(5):
                matcher = reader._terms.matcher("text", text, reader.schema["text"].format)
                target = rng.randint(0, reader.doc_count_all())
                matcher.skip_to(target)
                rest = [number for number in ids if number >= target]
                assert matcher.is_active() == bool(rest)
                if rest:
                    assert matcher.id() == rest[0]
                    assert matcher.copy().id() == rest[0]


def test_an_index_changes_from_one_codec_to_the_other(pair, tmp_path):
    """Segments of both codecs in one index, then merged by either."""
    pair.codecs = [SearchkitCodec(), None]
    pair.write(lambda writer: writer.add_document(id="other", text="alfa bravo 모델"), merge=False)
    ask_many(pair, 15, 40)
    pair.write(lambda writer: writer.delete_by_term("text", "golf"), optimize=True)
    pair.write(lambda writer: writer.add_document(id="more", text="alfa"), optimize=True)
    ask_many(pair, 16, 40)
    with pair.indexes[0].searcher() as one, pair.indexes[1].searcher() as two:
        fields = [sorted(s.reader().all_stored_fields(), key=lambda found: found["id"]) for s in (one, two)]
        assert fields[0] == fields[1]


@settings(max_examples=30)
@given(st.data())
def test_any_small_collection(tmp_path_factory, data):
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    pair = Pair(tmp_path_factory.mktemp("pair"))
    for number, size in enumerate(sizes):
        documents = [random_document(rng, f"d{number}-{i}") for i in range(size)]

        def change(writer, documents=documents):
            for document in documents:
                writer.add_document(**document)

        pair.write(change, merge=False)
    if data.draw(st.booleans()):
        pair.write(lambda writer: writer.delete_by_term("flag", True), optimize=data.draw(st.booleans()))
    for _ in range(5):
        pair.ask(random_query(rng))
