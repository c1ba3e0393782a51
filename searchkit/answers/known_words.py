"""The words that live documents hold, ready to be completed, guessed and corrected.

Counting a word needs no preparation. Everything else works on tables of all words, made when first needed (about a
second for half a million) and kept as long as the snapshot.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Kind, Layer
from searchkit.answers.followers import Followers
from searchkit.engines.derived import derived
from searchkit.query.jamo import FIRST_SYLLABLE, INITIALS, SYLLABLES, initials, key_bytes
from searchkit.query.spelling import WIDTH, allowed_edits, key_matrix, similar

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

Ints = npt.NDArray[np.int64]

_NAME = "known words"
_LAYERS = (Layer.TITLE, Layer.BULLETS, Layer.SURFACE, Layer.IDENTIFIERS)
_BASE_LAYERS = (Layer.TITLE, Layer.BULLETS)
_INITIALS_WIDTH = 12
_PER_INITIAL = SYLLABLES // len(INITIALS)
_MAX_CANDIDATES = 256
_MAX_FOUND = 4096
MAX_FIRST_WORDS = 12
"""Words with the same first consonants that are tried as the first of two."""
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가".encode(), "힣".encode()
_TWO_SYLLABLES = 6
"""Bytes."""


class KnownWords:
    """Words and terms with the number of live documents that hold them. Thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.followers = Followers(snapshot)
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._tables: _Tables | None = None
        self._similar: dict[str, list[tuple[str, int]]] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> KnownWords:
        """Return the words of ``snapshot``."""
        return derived(snapshot, _NAME, cls)

    def frequency(self, text: str) -> int:
        """Return how many documents hold ``text`` as a word, a term or an identifier; the most of these."""
        return max(self._snapshot.doc_freq(layer, text) for layer in _LAYERS)

    def base_frequency(self, text: str) -> int:
        """Return how many documents hold ``text`` as an analysed term; the most of title and bullets."""
        return max(self._snapshot.doc_freq(layer, text) for layer in _BASE_LAYERS)

    def similar(self, text: str, limit: int) -> list[tuple[str, int]]:
        """Return words spelt nearly like ``text`` and how many edits away each is: near and frequent ones first."""
        found = self._similar.get(text)
        if found is None:
            found = self._find_similar(text)
            if len(self._similar) >= _MAX_FOUND:
                self._similar.clear()
            self._similar[text] = found
        return found[:limit]

    def _find_similar(self, text: str) -> list[tuple[str, int]]:
        keys = key_bytes(text)
        edits = allowed_edits(keys)
        if not edits:
            return []
        tables = self._table
        rows, distances = similar(keys, *tables.keys, edits)
        other_start = tables.keys[0][rows, 0] != keys[0]
        order = np.lexsort((rows, -tables.frequencies[rows], other_start, distances))[:_MAX_CANDIDATES]
        return [
            (tables.texts[row], edits) for row, edits in zip(rows[order].tolist(), distances[order].tolist())
        ]

    def completions(self, text: str, limit: int) -> list[tuple[str, int]]:
        """Return words whose keys begin with those of ``text``, the most frequent first, with their frequencies."""
        keys = key_bytes(text)
        if not keys:
            return []
        tables = self._table
        found = tables.by_keys.between(keys)
        if len(keys) > WIDTH:
            rows = [row for row in found.tolist() if key_bytes(tables.texts[row]).startswith(keys)]
            found = np.array(rows, np.int64)
        return tables.most_frequent(found, limit)

    def with_initials(self, consonants: str, limit: int, *, whole: bool) -> list[tuple[str, int]]:
        """Return Hangul words whose first consonants are, or unless ``whole`` begin with, ``consonants``."""
        tables = self._table
        numbers = bytes([INITIALS.index(initial) + 1 for initial in list(consonants)])
        if not numbers or len(numbers) > _INITIALS_WIDTH:
            return []
        rows = tables.by_initials.equal(numbers) if whole else tables.by_initials.between(numbers)
        return tables.most_frequent(rows, limit)

    def pairs_with_initials(self, first: str, second: str, limit: int) -> list[tuple[str, int]]:
        """Return two words side by side with these first consonants, the most frequent first."""
        if not first or not second:
            return []
        found = [
            (count, word, following)
            for word, _ in self.with_initials(first, MAX_FIRST_WORDS, whole=True)
            for following, count in self.followers.of(word)
            if initials(following) == second and self.is_term(following)
        ]
        # Followers are counted in a sample; what is worth more or less in a query has to be exact.
        pairs = [(word, following) for _, word, following in sorted(found, reverse=True)[: 4 * limit]]
        self._snapshot.look_up_pairs(pairs)
        exact = [
            (f"{word} {following}", self._snapshot.side_by_side(word, following)) for word, following in pairs
        ]
        return sorted(exact, key=lambda each: (-each[1], each[0]))[:limit]

    def sharing_syllables(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return words that share most pairs of neighbouring syllables with ``text``, and what share of them."""
        pairs = {text[at : at + 2] for at in range(len(text) - 1)}
        if not pairs:
            return []
        tables = self._table
        shared = np.zeros(len(tables.texts), np.int64)
        for pair in pairs:
            at = np.flatnonzero((tables.points[:-1] == ord(pair[0])) & (tables.points[1:] == ord(pair[1])))
            at = at[tables.owners[at] == tables.owners[at + 1]]
            shared[np.unique(tables.owners[at])] += 1
        rows = np.flatnonzero(shared)
        order = np.lexsort((rows, -tables.frequencies[rows], -shared[rows]))[:limit]
        return [(tables.texts[row], int(shared[row]) / len(pairs)) for row in rows[order].tolist()]

    def is_term(self, text: str) -> bool:
        """Say whether ``text`` stands in documents as a word and is an analysed term as well: no particle, no stem."""
        return text in self._table.showable

    @property
    def _table(self) -> _Tables:
        if self._tables is None:
            with self._lock:
                if self._tables is None:
                    self._tables = _Tables(self._snapshot)
        return self._tables


class _Sorted:
    """Rows in the order of a key of fixed width."""

    def __init__(self, keys: npt.NDArray[np.uint8], rows: Ints) -> None:
        packed = np.ascontiguousarray(keys).view(f"S{keys.shape[1]}").ravel()
        order = np.argsort(packed, kind="stable")
        self._keys: npt.NDArray[Any] = packed[order]
        self._rows = rows[order]

    def between(self, prefix: bytes) -> Ints:
        """Return the rows whose key begins with ``prefix``, as far as it is wide."""
        prefix = prefix[: self._keys.dtype.itemsize]
        end = prefix[:-1] + bytes([prefix[-1] + 1])
        return self._rows[slice(*np.searchsorted(self._keys, np.array([prefix, end], self._keys.dtype)))]

    def equal(self, key: bytes) -> Ints:
        """Return the rows with a key."""
        wanted = np.array([key], self._keys.dtype)
        low, high = (int(self._keys.searchsorted(wanted, side)[0]) for side in ("left", "right"))
        return self._rows[low:high]


class _Tables:
    """All words of live documents: their texts, characters, keys and frequencies."""

    def __init__(self, snapshot: Snapshot) -> None:
        string_count = snapshot.lexicon.string_count
        surface = np.zeros(string_count, np.int64)
        base = np.zeros(string_count, np.int64)
        for layer in _LAYERS:
            counts = snapshot.live_frequencies(layer)
            if layer in _BASE_LAYERS:
                np.maximum(base, counts, out=base)
            else:
                np.maximum(surface, counts, out=surface)
        frequencies = np.maximum(base, surface)
        texts: list[bytes] = [b""] * string_count
        for level in snapshot.lexicon.levels:
            texts[level.first_string : level.string_end] = level.strings.in_id_order()
        ids = np.flatnonzero(frequencies)
        joined = b"\n".join([texts[string_id] for string_id in ids.tolist()]).decode("utf-8", "replace")
        self.texts = joined.split("\n") if len(ids) else []
        self.frequencies = frequencies[ids]
        points = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
        breaks = points == ord("\n")
        owners = np.cumsum(breaks)
        self.points = points[~breaks]
        self.owners: Ints = owners[~breaks].astype(np.int64)
        self.keys = key_matrix(self.points, self.owners, len(ids))
        # Korean terms are nouns and dictionary forms, without particles; others may be stems unless they stand alone.
        korean = np.fromiter(
            (_FIRST_SYLLABLE <= text <= _LAST_SYLLABLE for text in texts), np.bool_, string_count
        )
        shown = np.where((surface > 0) | korean, base, 0)
        compounds = _compounds(snapshot, shown, texts)
        shown[compounds] = np.maximum(shown, surface)[compounds]
        self.shown_frequencies = shown[ids]
        showable = np.flatnonzero(self.shown_frequencies)
        self.by_keys = _Sorted(self.keys[0][showable], showable)
        self.by_initials = _Sorted(*self._initials(showable))
        self._showable = showable

    @cached_property
    def showable(self) -> frozenset[str]:
        """The words that can be shown."""
        return frozenset(self.texts[row] for row in self._showable.tolist())

    def _initials(self, rows: Ints) -> tuple[npt.NDArray[np.uint8], Ints]:
        """Return the numbers of the first consonants of those of ``rows`` that are all Hangul, and these rows."""
        syllables = self.points.astype(np.int64) - FIRST_SYLLABLE
        hangul = (syllables >= 0) & (syllables < SYLLABLES)
        count = len(self.texts)
        lengths = np.bincount(self.owners, minlength=count)
        whole = np.bincount(self.owners[hangul], minlength=count) == lengths
        whole &= lengths <= _INITIALS_WIDTH
        matrix = np.zeros((count, _INITIALS_WIDTH), np.uint8)
        columns = np.arange(len(self.points)) - (np.cumsum(lengths) - lengths)[self.owners]
        used = whole[self.owners]
        matrix[self.owners[used], columns[used]] = syllables[used] // _PER_INITIAL + 1
        rows = rows[whole[rows]]
        return matrix[rows], rows

    def most_frequent(self, rows: Ints, limit: int) -> list[tuple[str, int]]:
        """Return the texts of the ``limit`` most frequent of ``rows``, with their frequencies."""
        if len(rows) > 4 * limit:
            rows = rows[np.argpartition(-self.shown_frequencies[rows], 4 * limit)[: 4 * limit]]
        found = [(-int(self.shown_frequencies[row]), self.texts[row]) for row in rows.tolist()]
        return [(text, -count) for count, text in sorted(found)[:limit]]


def _compounds(snapshot: Snapshot, shown: Ints, texts: list[bytes]) -> Ints:
    """Return the strings that are words made of several terms, each of which can be shown, and of nothing else."""
    lexicon = snapshot.lexicon
    words = lexicon.expand(np.arange(lexicon.word_count, dtype=np.int64))
    base = words.kinds == Kind.BASE
    owners = np.repeat(np.arange(len(words.counts)), words.counts)[base]
    terms = words.terms[base]
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    counts = np.bincount(owners, minlength=len(words.counts))
    lengths = np.bincount(owners, sizes[terms], minlength=len(words.counts))
    poor = np.bincount(
        owners, (shown[terms] == 0) | (sizes[terms] < _TWO_SYLLABLES), minlength=len(words.counts)
    )
    found: Ints = words.forms[(counts > 1) & (lengths == sizes[words.forms]) & (poor == 0)]
    return np.unique(found)
