"""Pieces of the codecs: frozen names, stored values, columns, rejected documents, and nothing unpickled."""

import base64
import datetime
import marshal
import math
import os
import pickle
import random
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import analysis, columns, fields, formats, index, query, reading, searching
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh_pairs import Pair, make_schema, random_document

from searchkit import Document, SearchIndex
from searchkit.engines.whoosh import codec
from searchkit.engines.whoosh.codec import PlainSegment, SearchkitCodec, SearchkitSegment
from searchkit.engines.whoosh.codec_stored import from_json, to_json
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.toc import toc_bytes
from searchkit.engines.whoosh.whoosh_analyzers import KoreanAnalyzer, StandardAnalyzer
from searchkit.engines.whoosh.whoosh_schema import schema
from searchkit.errors import DocumentError, EngineUnavailable, IndexCorrupt, IndexIncompatible, SearchkitError

GOLDEN = {
    "segment": (
        "gASV6wAAAAAAAACMHnNlYXJjaGtpdC5lbmdpbmVzLndob29zaC5jb2RlY5SMEFNlYXJjaGtpdFNlZ21lbnSUk5QpgZR9lCiM"
        "CWluZGV4bmFtZZSMBE1BSU6UjAVzZWdpZJSMAWGUjAhjb21wb3VuZJSJjApnZW5lcmF0aW9ulEsEjAlkb2N1bWVudHOUSwmM"
        "B2RlbGV0ZWSUSwKMBGZpbGWUjApNQUlOX2Euc2VnlEtkSwWHlIwJZGVsZXRpb25zlIwKTUFJTl9iLmRlbJRLPEsGh5SMB2xl"
        "eGljb26UjApNQUlOX2MubGV4lEtGSweHlIWUdWIu"
    ),
    "plain": (
        "gASV0AAAAAAAAACMHnNlYXJjaGtpdC5lbmdpbmVzLndob29zaC5jb2RlY5SMDFBsYWluU2VnbWVudJSTlCmBlH2UKIwJaW5k"
        "ZXhuYW1llIwETUFJTpSMBXNlZ2lklIwQMDEyMzQ1Njc4OWFiY2RlZpSMCGNvbXBvdW5klImMCWRvY3VtZW50c5RLA4wHZGVs"
        "ZXRlZJSPlChLAZCMBWZpbGVzlH2UjANkb2OUjBlNQUlOXzAxMjM0NTY3ODlhYmNkZWYuZG9jlEsKSxSHlHOMBmJyb2tlbpSJ"
        "dWIu"
    ),
    "analyzer": (
        "gASVpgAAAAAAAABdlCiMKXNlYXJjaGtpdC5lbmdpbmVzLndob29zaC53aG9vc2hfYW5hbHl6ZXJzlIwQU3RhbmRhcmRBbmFs"
        "eXplcpSTlCmBlH2UKIwKZGljdGlvbmFyeZRdlIwK7ZmV7IKwCU5OR5RhjAtmaW5nZXJwcmludJSMBDAxMjOUdWJoAYwOS29y"
        "ZWFuQW5hbHl6ZXKUk5QpgZR9lChoBl2UaAmMAJR1YmUu"
    ),
}
"""Written by the first release: what was pickled into tables of contents must stay readable."""


def described():
    files = FileRecord("MAIN_a.seg", 100, 5), FileRecord("MAIN_b.del", 60, 6), FileRecord("MAIN_c.lex", 70, 7)
    record = SegmentRecord("a", files[0], 9, files[1], 2)
    manifest = Manifest(generation=4, segments=(record,), lexicon=(files[2],), documents=7)
    return manifest, SearchkitSegment.describe(manifest, record)


def plain_segment():
    segment = PlainSegment("MAIN")
    segment.segid = "0123456789abcdef"
    segment.set_doc_count(3)
    segment.delete_document(1)
    segment.add_file("doc", FileRecord("MAIN_0123456789abcdef.doc", 10, 20))
    return segment


def golden(name):
    return pickle.loads(base64.b64decode(GOLDEN[name]))


def test_segments_pickled_by_the_first_release_are_read():
    _, segment = described()
    found = golden("segment")
    assert type(found) is SearchkitSegment
    assert vars(found) == vars(segment)
    assert found.record == described()[0].segments[0]
    assert isinstance(found.codec(), codec.GenerationCodec)
    plain = golden("plain")
    assert type(plain) is PlainSegment
    assert vars(plain) == vars(plain_segment())
    assert isinstance(plain.codec(), SearchkitCodec)


def test_analyzers_pickled_by_the_first_release_are_read():
    found = golden("analyzer")
    assert found == [StandardAnalyzer(["확산\tNNG"], "0123"), KoreanAnalyzer()]


def test_pickles_hold_only_our_two_names_and_plain_values():
    import pickletools

    _, segment = described()
    for held, name in ((segment, "SearchkitSegment"), (plain_segment(), "PlainSegment")):
        names = [
            argument
            for operation, argument, _ in pickletools.genops(pickle.dumps(held, 2))
            if operation.name == "GLOBAL"
        ]
        allowed = {
            f"searchkit.engines.whoosh.codec {name}",
            "copyreg _reconstructor",
            "__builtin__ object",
            "__builtin__ set",
        }
        assert set(names) <= allowed


def test_whoosh_reads_the_table_of_contents(tmp_path):
    manifest, segment = described()
    (tmp_path / "_MAIN_4.toc").write_bytes(toc_bytes(manifest, dictionary=["확산모델\tNNG"]))
    toc = index.TOC.read(FileStorage(str(tmp_path)), "MAIN")
    assert toc.generation == 4
    assert toc.release == (2, 7, 4)
    assert [vars(found) for found in toc.segments] == [vars(segment)]
    assert toc.schema.names() == schema().names()
    assert [token.text for token in toc.schema["bullets"].analyzer("확산모델을")] == ["확산모델"]


def test_an_analyzer_of_other_rules_says_so():
    with pytest.raises(IndexIncompatible, match="--rebuild"):
        list(StandardAnalyzer((), "0000000000000000")("word"))


@pytest.mark.parametrize("text", ["확산 모델을, GPT-4의 Models", "ﬁne ＬＬＭ 이미지(Image)", "a\u2029b"])
def test_analyzers_give_places_in_the_text(text):
    found = [
        (token.text, token.pos, text[token.startchar : token.endchar], token.original)
        for token in KoreanAnalyzer()(text, positions=True, chars=True, keeporiginal=True)
    ]
    assert found
    assert all(there == original and there for _, _, there, original in found)
    positions = [position for _, position, _, _ in found]
    assert positions == sorted(set(positions))
    assert (positions[-1] == len(found)) == ("\u2029" in text)


def test_prefixes_are_folded_but_not_cut():
    (token,) = KoreanAnalyzer()("모델ＬＬm*", tokenize=False)
    assert token.text == "모델llm*"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(st.integers() | st.dates() | st.tuples(st.text()), inner)
        | st.sets(st.integers() | st.text())
        | st.frozensets(st.dates())
        | st.fixed_dictionaries({"$": inner})
    ),
    max_leaves=12,
)


@given(values)
def test_stored_values_come_back(value):
    data = to_json(value, "field")
    assert data.isascii()
    assert "\n" not in data
    found = from_json(data.encode())
    assert found == value
    assert type(found) is type(value)


def test_special_numbers_come_back():
    assert math.isnan(from_json(to_json(float("nan"), "x").encode()))
    assert from_json(to_json(float("-inf"), "x").encode()) == -math.inf
    assert from_json(to_json(Decimal("NaN"), "x").encode()).is_nan()


class Custom:
    pass


def test_values_of_other_types_are_refused_by_name():
    with pytest.raises(DocumentError, match=r"'note'.*Custom.*use text, numbers"):
        to_json([1, {"a": Custom()}], "the stored field 'note'")


def test_broken_stored_values_are_damage():
    for data in (
        b"{",
        b'{"$": 5}',
        b'{"$": ["eval", "1"]}',
        b'{"$": ["date", "x"]}',
        b'{"$": ["bytes", "?"]}',
    ):
        with pytest.raises(IndexCorrupt):
            from_json(data)


COLUMNS = {
    "var": (columns.VarBytesColumn(), [b"one", b"\xff\x00", b""]),
    "fixed": (columns.FixedBytesColumn(3), [b"abc", b"xyz"]),
    "ref": (columns.RefBytesColumn(), [b"red", b"blue"]),
    "ref3": (columns.RefBytesColumn(3, default=b"zzz"), [b"abc", b"zzz"]),
    "packed": (columns.CompressedBytesColumn(), [b"text" * 50, b""]),
    "bit": (columns.BitColumn(), [True, False]),
    "i": (columns.NumericColumn("i", default=-1), [5, -5, 0]),
    "q": (columns.NumericColumn("q"), [2**40, -(2**40)]),
    "Q": (columns.NumericColumn("Q"), [2**64 - 1, 1]),
    "f": (columns.NumericColumn("f"), [0.5, -2.0]),
    "d": (columns.NumericColumn("d", default=1.5), [0.1, -2e300]),
    "struct": (columns.StructColumn("ifH", (0, 0.0, 0)), [(1, 0.5, 2), (-7, 0.0, 9)]),
    "pickled": (columns.PickleColumn(columns.VarBytesColumn()), [{"a": (1, 2)}, [None], "글"]),
}


def test_columns_are_what_whooshs_are(tmp_path):
    made = fields.Schema(
        id=fields.ID(stored=True), **{name: fields.COLUMN(c) for name, (c, _) in COLUMNS.items()}
    )
    pair = Pair(tmp_path, made)
    rng = random.Random(1)
    for _ in range(2):
        documents = [
            {"id": str(number)}
            # Whoosh can't go through a compressed column with gaps.
            | {
                name: rng.choice(choice)
                for name, (_, choice) in COLUMNS.items()
                if name == "packed" or rng.random() < 0.7
            }
            for number in range(30)
        ]

        def change(writer, documents=documents):
            for document in documents:
                writer.add_document(**document)

        pair.write(change, merge=False)
    for merged in (False, True):
        if merged:
            pair.write(lambda writer: writer.delete_by_term("id", "7"), optimize=True)
        stock, ours = (ix.reader() for ix in pair.indexes)
        for name, (column, _) in COLUMNS.items():
            expected = [list(leaf.column_reader(name)) for leaf, _ in stock.leaf_readers()]
            found = [list(leaf.column_reader(name)) for leaf, _ in ours.leaf_readers()]
            assert found == expected, name
            for leaf, _ in ours.leaf_readers():
                reader = leaf.column_reader(name, translate=False)
                assert [reader[doc] for doc in range(len(reader))] == list(reader) == list(reader.load())
                if column.reversible:
                    ascending = [reader.sort_key(doc) for doc in range(len(reader))]
                    reader.set_reverse()
                    descending = [reader.sort_key(doc) for doc in range(len(reader))]
                    assert sorted(range(len(reader)), key=ascending.__getitem__) == sorted(
                        range(len(reader)), key=lambda doc: (descending[doc], -doc), reverse=True
                    )
        stock.close()
        ours.close()


def test_numbers_out_of_range_are_clamped_or_refused(tmp_path):
    clamped = fields.COLUMN(columns.ClampedNumericColumn(columns.NumericColumn("b")))
    ix = index.create_in(tmp_path, fields.Schema(n=clamped))
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(n=1000)
        writer.add_document(n=-1000)
        writer.add_document(n=3)
    with ix.reader() as reader:
        assert list(reader.column_reader("n")) == [127, -128, 3]


class ReversedPositions(formats.Positions):
    """A format that our codec doesn't know."""

    def encode(self, poslist):
        return b",".join(b"%d" % position for position in poslist)

    def decode_positions(self, valuestring):
        return [int(position) for position in valuestring.split(b",")]

    def decode_frequency(self, valuestring):
        return len(self.decode_positions(valuestring))


@pytest.mark.parametrize(
    ("made", "kinds"),
    [
        (formats.Frequency(), ["frequency", "weight"]),
        (formats.Positions(field_boost=2.0), ["frequency", "weight", "positions", "position_boosts"]),
        (formats.Characters(), ["positions", "position_boosts", "characters"]),
        (formats.PositionBoosts(), ["positions", "position_boosts", "weight"]),
        (formats.CharacterBoosts(), ["positions", "characters", "position_boosts", "character_boosts"]),
        (ReversedPositions(), ["positions", "frequency"]),
        (formats.Existence(field_boost=1.5), ["frequency", "weight"]),
    ],
)
def test_every_format(tmp_path, made, kinds):
    analyzer = analysis.SimpleAnalyzer() | analysis.DelimitedAttributeFilter("^", "boost", 1.0, float)
    # Whoosh can't merge term vectors without values.
    vector = made if made.fixed_value_size() != 0 else None
    field = fields.FieldType(made, analyzer, scorable=True, vector=vector)
    pair = Pair(tmp_path, fields.Schema(text=field))
    rng = random.Random(2)
    for _ in range(2):
        texts = [
            " ".join(rng.choices(["alfa", "bravo", "charlie", "delta"], k=rng.randint(1, 9)))
            for _ in range(20)
        ]

        def change(writer, texts=texts):
            for text in texts:
                writer.add_document(text=text)

        pair.write(change, merge=False)
    for merged in (False, True):
        if merged:
            pair.write(lambda writer: writer.add_document(text="last alfa"), optimize=True)
        stock, ours = (ix.reader() for ix in pair.indexes)
        for text in stock.lexicon("text"):
            for kind in kinds:
                expected = list(stock.postings("text", text).items_as(kind))
                assert list(ours.postings("text", text).items_as(kind)) == expected
            matchers = [reader.postings("text", text) for reader in (stock, ours)]
            while matchers[0].is_active():
                assert matchers[1].weight() == matchers[0].weight()
                if made.fixed_value_size() != 0:
                    assert matchers[1].value() == matchers[0].value()
                for matcher in matchers:
                    matcher.next()
        stock.close()
        ours.close()


def test_a_rejected_document_can_harm_no_other(tmp_path):
    """Its terms are in Whoosh's pool already, so that the next document would get them."""
    ix = index.create_in(tmp_path, make_schema())
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="good", text="alfa")
    writer = ix.writer(codec=SearchkitCodec())
    with pytest.raises(DocumentError):
        writer.add_document(id="bad", text="bravo", note=Custom())
    with pytest.raises(SearchkitError, match="cancel this writer"):
        writer.add_document(id="innocent", text="charlie")
    writer._added = True
    with pytest.raises(SearchkitError, match="cancel it"):
        writer.commit()
    writer.cancel()
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="innocent", text="charlie")
    with ix.searcher() as searcher:
        assert [hit["id"] for hit in searcher.search(query.Every(), limit=None)] == ["good", "innocent"]
        assert not len(searcher.search(query.Term("text", "bravo")))


def test_a_cancelled_writer_leaves_nothing_that_counts(tmp_path):
    ix = index.create_in(tmp_path, make_schema())
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="a", text="alfa")
    writer = ix.writer(codec=SearchkitCodec())
    writer.add_document(id="b", text="bravo")
    writer.cancel()
    assert ix.doc_count() == 1
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="c", text="charlie")
    names = {path.name for path in tmp_path.iterdir() if path.suffix in (".doc", ".trm")}
    assert names == {name for segment in ix._segments() for name, _, _ in segment.files.values()}


def test_deletions_are_checked():
    segment = plain_segment()
    segment.delete_document(2)
    segment.delete_document(1, delete=False)
    assert segment.deleted_docs() == {2}
    with pytest.raises(IndexError):
        segment.delete_document(3)


def test_our_segments_are_not_written_by_whoosh():
    _, segment = described()
    for forbidden in (lambda: segment.delete_document(0), lambda: segment.codec().new_segment(None, "MAIN")):
        with pytest.raises(index.IndexError, match="searchkit index"):
            forbidden()


def test_only_folders_hold_our_codec():
    ix = RamStorage().create_index(make_schema())
    with pytest.raises(EngineUnavailable, match="create_in"):
        ix.writer(codec=SearchkitCodec())


@pytest.fixture
def without_pickle(monkeypatch, tmp_path_factory):
    """Make every unpickler raise, those that Whoosh has imported by name as well."""
    # Modules come as marshalled code: those that load when first needed must be there already.
    build_and_search(tmp_path_factory.mktemp("before") / "index")

    def refuse(*args, **kwargs):
        raise AssertionError("something was unpickled")

    for module in (pickle, sys.modules["_pickle"]):
        for name in ("load", "loads", "Unpickler"):
            monkeypatch.setattr(module, name, refuse)
    for name in ("load", "loads"):
        monkeypatch.setattr(marshal, name, refuse)
    for name, module in list(sys.modules.items()):
        if name.startswith("whoosh") and module is not None:
            for attribute in ("loads", "load", "load_pickle"):
                if hasattr(module, attribute):
                    monkeypatch.setattr(module, attribute, refuse)


def documents():
    return [
        Document(
            id="a",
            title="Diffusion 모델",
            bullets=["확산 모델을 학습", "이미지 생성"],
            votes=3,
            date="2024-01-02",
        ),
        Document(id="b", title="LLM agents", bullets=["모델을 확산"], authors=["Ann Lee"]),
    ]


def build_and_search(folder):
    with SearchIndex.build(documents(), folder) as built:
        built.delete("b")
    with SearchIndex.open(folder) as searched:
        return [hit.id for hit in searched.search('"확산 모델" diffusion')]


def test_searching_never_unpickles(tmp_path, without_pickle):
    assert build_and_search(tmp_path / "index") == ["a"]


@contextmanager
def closing_pin(pin):
    try:
        yield pin
    finally:
        pin.release()


def test_reading_through_our_codec_never_unpickles(tmp_path, without_pickle):
    """With the table of contents made from the manifest, Whoosh reads our segments without a pickle."""
    SearchIndex.build(documents(), tmp_path / "index").close()
    with closing_pin(Store(tmp_path / "index").pin()) as pin:
        storage = FileStorage(str(pin.folder))
        readers = [
            reading.SegmentReader(storage, schema(), SearchkitSegment.describe(pin.manifest, record))
            for record in pin.manifest.segments
        ]
        with searching.Searcher(reading.MultiReader(readers)) as searcher:
            for asked, expected in (
                (query.Phrase("bullets", ["확산", "모델"]), ["a"]),
                (query.Phrase("bullets", ["학습", "이미지"]), []),
                (query.Prefix("title", "diff"), ["a"]),
                (query.Term("author", "lee"), ["b"]),
                (query.NumericRange("votes", 1, 5), ["a"]),
                (query.Every(), ["a", "b"]),
            ):
                assert [hit["id"] for hit in searcher.search(asked)] == expected
            assert len(searcher.search(query.Every(), sortedby="date")) == 2


def test_segments_of_the_general_codec_are_read_without_pickle(tmp_path, request):
    rng = random.Random(1)
    ix = index.create_in(tmp_path, make_schema())
    with ix.writer(codec=SearchkitCodec()) as writer:
        for number in range(20):
            writer.add_document(**random_document(rng, str(number)))
    (segment,) = ix._segments()
    made = make_schema()
    request.getfixturevalue("without_pickle")
    reader = reading.SegmentReader(FileStorage(str(tmp_path)), made, segment)
    with searching.Searcher(reader) as searcher:
        assert len(searcher.search(query.Every(), limit=None, sortedby="number")) == 20
        searcher.search(query.Phrase("text", ["alfa", "bravo"]))
        searcher.search(query.Phrase("chars", ["alfa", "bravo"]))
        assert [fields["id"] for fields in reader.all_stored_fields()] == [str(n) for n in range(20)]


class Trap:
    """Unpickled, it leaves a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_crafted_pickles_in_the_table_of_contents_are_never_run(tmp_path):
    """The one file of an index that Whoosh unpickles: searchkit doesn't read it."""
    SearchIndex.build(documents(), tmp_path / "index").close()
    trap = tmp_path / "sprung"
    (toc,) = (tmp_path / "index").glob("*.toc")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        toc.write_bytes(pickle.dumps(Trap(str(trap)), protocol))
        with SearchIndex.open(tmp_path / "index") as searched:
            assert searched.search("확산").total == 2
        assert not trap.exists()


def test_crafted_files_of_the_general_codec_are_damage(tmp_path):
    trap = tmp_path / "sprung"
    (tmp_path / "index").mkdir()
    ix = index.create_in(tmp_path / "index", make_schema())
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="a", text="alfa", note=("x",))
    bomb = pickle.dumps(Trap(str(trap)), 2)
    sound_answer = read_all(ix)
    noticed = 0
    for path in (*tmp_path.glob("index/*.doc"), *tmp_path.glob("index/*.trm")):
        sound = path.read_bytes()
        for at in range(0, len(sound), 37):
            path.write_bytes((sound[:at] + bomb + sound[at + len(bomb) :])[: len(sound)])
            try:
                # What is never read, as the space between arrays, may be anything.
                assert read_all(ix) == sound_answer
            except IndexCorrupt:
                noticed += 1
            assert not trap.exists()
        path.write_bytes(sound)
    assert noticed > 20


def read_all(ix):
    with ix.searcher() as searcher:
        reader = searcher.reader()
        return (
            list(reader.all_terms()),
            list(reader.all_stored_fields()),
            list(searcher.postings("text", "alfa").items_as("positions")),
            list(reader.column_reader("id")),
        )


def test_a_missing_file_is_what_whoosh_tries_again_for(tmp_path):
    SearchIndex.build(documents(), tmp_path / "index").close()
    ix = index.open_dir(tmp_path / "index")
    (path,) = (tmp_path / "index").glob("*.seg")
    path.unlink()
    with pytest.raises(FileNotFoundError):
        ix.searcher()


def test_a_damaged_file_is_named(tmp_path):
    SearchIndex.build(documents(), tmp_path / "index").close()
    (path,) = (tmp_path / "index").glob("*.seg")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexCorrupt, match=path.name):
        index.open_dir(tmp_path / "index").searcher()


def run(code, *options):
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


def test_whoosh_is_imported_without_a_warning():
    code = "import sys; sys.dont_write_bytecode = True; import searchkit.engines.whoosh.toc"
    done = run(code, "-W", "error", "-X", "pycache_prefix=/nonexistent")
    assert done.returncode == 0, done.stderr


def test_another_whoosh_is_named():
    code = (
        "import whoosh; whoosh.__version__ = (3, 54, 0)\n"
        "try:\n    import searchkit.engines.whoosh.codec\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    done = run(code)
    assert done.stdout.startswith("EngineUnavailable the installed package `whoosh` is version 3.54.0"), (
        done.stderr
    )
    assert "Whoosh==2.7.4" in done.stdout


def test_dates_of_documents_are_stored_as_dates(tmp_path):
    ix = index.create_in(tmp_path, make_schema())
    when = datetime.datetime(2024, 1, 2, 3, 4, 5, 6)
    with ix.writer(codec=SearchkitCodec()) as writer:
        writer.add_document(id="a", when=when, note=b"\xff")
    with ix.searcher() as searcher:
        assert searcher.document(id="a") == {"id": "a", "when": when, "note": b"\xff"}
