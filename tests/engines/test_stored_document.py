"""Stored documents: what is written comes back, whatever a document holds."""

import contextlib
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from searchkit.document import FIELD_END, ITEM_BEGIN, NOTHING, Document
from searchkit.engines.stored_document import decode, encode
from searchkit.errors import DocumentError, IndexCorrupt

TEXT = st.text(
    st.sampled_from("a확[\n\"\\,'|-+\ud800" + FIELD_END + ITEM_BEGIN + NOTHING), max_size=4
) | st.text(max_size=4)
SOME = st.lists(TEXT, max_size=3)


@st.composite
def documents(draw):
    bullets = draw(SOME)
    return Document(
        id=draw(st.text("[a확+-/", min_size=1, max_size=5)),
        title=draw(TEXT),
        bullets=bullets,
        labels=draw(st.just(()) | st.lists(st.none() | TEXT, min_size=len(bullets), max_size=len(bullets))),
        bullet_lines=draw(st.lists(st.integers(-3, 10**12), max_size=3)),
        date=draw(st.sampled_from([None, "2024-04-02"])),
        url=draw(st.none() | TEXT),
        arxiv_id=draw(st.none() | TEXT),
        authors=draw(SOME),
        authors_truncated=draw(st.booleans()),
        votes=draw(st.none() | st.integers(-(2**31) + 1, 2**31 - 1)),
        media=draw(SOME),
        source=draw(st.none() | TEXT),
        line=draw(st.none() | st.integers(0, 10**12)),
        extra=draw(st.just({}) | st.dictionaries(TEXT, TEXT | st.integers() | SOME, max_size=2)),
    )


@settings(max_examples=120)
@given(documents())
@example(Document(id="d", source=NOTHING))
def test_a_document_comes_back_as_it_was(document):
    record = encode(document)
    assert decode(record) == document
    # A cluster keeps records as text.
    assert decode(json.loads(json.dumps(record.decode())).encode()) == document


@settings(max_examples=120)
@given(documents(), documents(), st.booleans())
def test_the_hash_of_the_content_tells_contents_apart(one, other, same):
    if same:
        values = {
            **one.as_dict(),
            "source": other.source,
            "line": other.line,
            "bullet_lines": other.bullet_lines,
        }
        other = Document.from_dict({**values, "labels": one.labels})
    place = {"source": None, "line": None, "bullet_lines": ()}
    contents = [
        Document.from_dict({**each.as_dict(), "labels": each.labels, **place}) for each in (one, other)
    ]
    assert (contents[0] == contents[1]) == (one.content_hash() == other.content_hash())


def test_one_item_is_told_from_two_and_nothing_from_an_empty_text():
    hashes = {
        Document(id="a", **values).content_hash()
        for values in (
            {},
            {"bullets": ("",)},
            {"bullets": ("", "")},
            {"bullets": ("ab",)},
            {"bullets": ("a", "b")},
            {"bullets": ("a", "b"), "labels": (None, "")},
            {"bullets": ("a", "b"), "labels": ("", None)},
            {"authors": ("",)},
            {"media": ("",)},
            {"url": ""},
            {"arxiv_id": ""},
            {"votes": 0},
            {"extra": {"a": 1}},
            {"extra": {"a": "1"}},
        )
    }
    assert len(hashes) == 14


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"-",
        b"[]",
        b"[1]",
        b"\xff",
        FIELD_END.encode() * 14,
        b"[" * 100_000,
        b'{"id": "a"}',
        encode(Document(id="a")) + b"7",
    ],
)
def test_what_is_no_record_is_found_out(record):
    with pytest.raises(IndexCorrupt, match="can't be read"):
        decode(record)


@settings(max_examples=100)
@given(documents(), st.data())
def test_a_changed_record_is_a_document_or_found_out(document, data):
    record = bytearray(encode(document))
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(IndexCorrupt):
        assert isinstance(decode(bytes(record)), Document)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(DocumentError, match="a: extra can't be written as JSON"):
        encode(Document(id="a", extra={"k": {1, 2}}))
