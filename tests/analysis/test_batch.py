"""Documents become the same streams as by looking at each piece of text on its own."""

from __future__ import annotations

import sys
from itertools import chain

import numpy as np
import pytest
from analysis_terms import CORPUS, lines_of
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis import batch as batches
from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.number_table import PADDING, NumberTable, PieceHasher
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, WordKey
from searchkit.analysis.words import ends_sentence, split_chunk
from searchkit.document import Document

SPACES = "".join(char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace())
SIGNS = "([{<“‘„«『「《〈¿'\"*_`~|$-‐‑–—/\\,;:·•&+=>→…!?.。、，)]}”’»」@#%^（！\ufffd"

letters = st.sampled_from(
    ["가", "각", "모델", "이", "의", "a", "B", "Zz", "com", "http", "1", "27", "000", "x" * 70, "한" * 65]
)
signs = st.sampled_from(SIGNS)
odd = st.one_of(
    st.characters(),
    st.sampled_from(
        ["\ud800", "\udc00", "𝜽", "𠀀", "é", "e\u0301", "ㅎ", "\u1100\u1161", "Ａ", "ﾊ", "学", "б", "β", "İ"]
    ),
)
texts = st.lists(
    st.one_of(letters, letters, signs, odd, st.sampled_from(SPACES), st.just(" ")), max_size=40
).map("".join)
labels = st.none() | texts


@st.composite
def documents(draw: st.DrawFn) -> Document:
    bullets = draw(st.lists(texts, max_size=3))
    named = draw(st.booleans())
    return Document(
        id="x",
        title=draw(texts),
        bullets=tuple(bullets),
        labels=tuple(draw(labels) for _ in bullets) if named else (),
    )


class Reference:
    """What `BatchEncoder` does, piece by piece."""

    def __init__(self) -> None:
        self.numbers: dict[WordKey, int] = {}

    def stream(self, document: Document) -> list[int]:
        codes = []
        for text in chain((document.title,), document.bullets, filter(None, document.labels)):
            for piece in text.split():
                keys = [word.key for word in split_chunk(piece)]
                codes += [self.numbers.setdefault(key, len(self.numbers)) + FIRST_WORD for key in keys]
                codes += [SENTENCE_END] * ends_sentence(piece)
            codes.append(ITEM_END)
        return codes


def check(several: list[list[Document]], *, look: bool = False) -> None:
    encoder, reference = BatchEncoder(), Reference()
    keys: list[WordKey] = []
    for documents_of_batch in several:
        for document in documents_of_batch:
            encoder.add(document)
            if look:
                keys += encoder.new_keys()
        assert encoder.document_count == len(documents_of_batch)
        batch = encoder.finish()
        keys += batch.new_keys
        streams = [reference.stream(document) for document in documents_of_batch]
        assert batch.codes.tolist() == list(chain.from_iterable(streams))
        assert np.diff(batch.offsets, prepend=-batch.offsets[:1]).tolist() == [0, *map(len, streams)]
        assert batch.bullets.tolist() == [len(document.bullets) for document in documents_of_batch]
        assert keys == list(reference.numbers)
        assert all(type(key) is WordKey for key in keys)


@settings(max_examples=200)
@given(st.lists(st.lists(documents(), max_size=4), min_size=1, max_size=3), st.booleans())
def test_streams_are_those_of_each_piece_alone(several: list[list[Document]], look: bool) -> None:
    check(several, look=look)


def test_every_white_space_cuts_and_no_other_character_does() -> None:
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    check([[Document(id="x", title="".join(f"a{char}b" for char in everything if char.isspace()))]])
    assert set(batches._SPACES) == {char for char in everything if char.isspace()}


def test_every_sign_before_and_behind_words_of_each_kind() -> None:
    kinds = ("가", "ab", "1", "123", "")
    pieces = [
        f"{before}{first}{second}{behind}"
        for before in kinds
        for first in SIGNS
        for second in ("", *SIGNS[:40:3])
        for behind in kinds
    ]
    check([[Document(id="x", title=" ".join(pieces))]])


def test_every_character_of_the_basic_plane_between_letters() -> None:
    points = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    check([[Document(id="x", title=" ".join(f"가{char}나 a{char}" for char in points))]])


def test_long_pieces_are_told_apart_by_their_ends() -> None:
    pieces = [f"{'x' * size}{end}" for size in range(120) for end in ("y", "z", "가", "나")]
    check([[Document(id="x", title=" ".join(pieces * 2), bullets=("-" * 100_000, "z" * 100_000))]])


def test_real_text_in_blocks_and_with_few_chunks_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    if not CORPUS.is_dir():
        pytest.skip("there is no ../shared/corpus")
    monkeypatch.setattr(batches, "_BLOCK", 5_000)
    monkeypatch.setattr(batches, "MAX_CACHED_CHUNKS", 3_000)
    lines = lines_of(CORPUS)[:6_000]
    made = [Document(id="x", title=line, bullets=tuple(lines[at : at + 2])) for at, line in enumerate(lines)]
    check([made[at : at + 1_500] for at in range(0, len(made), 1_500)])


def test_a_batch_is_full_by_its_words_or_its_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BLOCK", 100)
    monkeypatch.setattr(batches, "MAX_CODES", 1_000)
    encoder = BatchEncoder()
    for _ in range(102):
        assert not encoder.full
        encoder.add(Document(id="x", title="one two three four five six seven eight nine"))
    assert encoder.full
    encoder.finish()
    assert not encoder.full
    monkeypatch.setattr(batches, "MAX_DOCUMENTS", 1)
    encoder.add(Document(id="x"))
    assert encoder.full


@settings(max_examples=100)
@given(
    st.lists(
        st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 60).map(lambda n: n << 52), max_size=300),
        max_size=30,
    )
)
def test_hashes_are_numbered_by_first_appearance(several: list[list[int]]) -> None:
    table, numbers = NumberTable(), dict[int, int]()
    for hashes in several:
        known = len(numbers)
        expected = [numbers.setdefault(each, len(numbers)) for each in hashes]
        found, firsts = table.number(np.array(hashes, np.uint64))
        assert found.tolist() == expected
        assert [hashes[at] for at in firsts.tolist()] == list(numbers)[known:]
        assert len(table) == len(numbers)


@settings(max_examples=100)
@given(st.lists(st.text(st.sampled_from("ab가\x00"), min_size=1, max_size=80), min_size=1, max_size=30))
def test_pieces_have_the_same_bits_only_if_they_are_the_same(pieces: list[str]) -> None:
    hasher = PieceHasher()
    units = np.frombuffer(("".join(pieces) + " " * PADDING).encode("utf-16-le"), np.uint16)
    sizes = np.array([len(piece) for piece in pieces], np.int64)
    hashes = hasher.hash(units, np.cumsum(sizes) - sizes, sizes).tolist()
    assert len({*zip(pieces, hashes)}) == len(set(pieces)) == len(set(hashes))
