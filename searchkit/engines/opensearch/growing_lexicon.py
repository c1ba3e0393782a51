"""The lexicon and the frequencies of a commit in the making: what counts already, and what it adds."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from searchkit.analysis.batch import Batch
from searchkit.analysis.token import FIRST_WORD, Token, WordKey
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.frequencies import Frequencies
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.stored_words import Streams
from searchkit.engines.opensearch.word_marks import merge_marks, write_marks
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon
from searchkit.engines.whoosh.lexicon_writer import KnownStrings, merge_levels, write_level
from searchkit.engines.whoosh.manifest import FileRecord

_RATIO = 4
"""A level of the lexicon, or a table of frequencies, is at least so many times as large as the next."""

Write = Callable[[BlockFileWriter], None]


class LocalBlobs:
    """Block files that are written here and then stored in the ledger; ``work`` begins their names there."""

    def __init__(self, ledger: Ledger, cache: BlobCache, work: str) -> None:
        self._ledger = ledger
        self._cache = cache
        self._work = work
        self._folder = tempfile.TemporaryDirectory(prefix="searchkit-", ignore_cleanup_errors=True)
        self._files = Files(Path(self._folder.name))
        self._stored: dict[str, FileRecord] = {}

    def write(self, write: Write, suffix: str) -> tuple[BlockFile, FileRecord]:
        """Write a block file, known here only."""
        writer = BlockFileWriter(self._files, f"{self._work}.{secrets.token_hex(4)}.{suffix}")
        write(writer)
        record = writer.finish()
        return BlockFile.open(self._files.folder, record), record

    def open(self, record: FileRecord) -> BlockFile:
        """Map a blob of the ledger."""
        return self._cache.open(record)

    def store(self, record: FileRecord) -> FileRecord:
        """Return the record of a blob in the ledger, stored there now if it is one that was written here."""
        if record.name not in self._stored:
            path = self._files.folder / record.name
            if not path.exists():
                return record
            data = path.read_bytes()
            stored = self._stored[record.name] = self._ledger.put(record.name, data, record.checksum)
            self._cache.store(stored, data)
        return self._stored[record.name]

    def store_plain(self, data: bytes, suffix: str) -> FileRecord:
        """Store bytes that are no block file."""
        return self._ledger.put(f"{self._work}.{secrets.token_hex(4)}.{suffix}", data, 0)

    def close(self) -> None:
        """Remove what was written here; what is mapped stays so."""
        self._folder.cleanup()


class GrowingLexicon:
    """Levels of the lexicon on top of ``base``, and changes of frequencies in its numbers."""

    def __init__(self, blobs: LocalBlobs, base: Sequence[FileRecord], own: Sequence[FileRecord] = ()) -> None:
        self._blobs = blobs
        self._base = [LexiconLevel(blobs.open(record), record) for record in base]
        self._own = [LexiconLevel(blobs.open(record), record) for record in own]
        self._word_ids: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._changes: list[Frequencies] = []
        self.rewritten = False
        self._renew()
        # What is added here is known by a table, and only what was there before is looked up.
        self._numbers: dict[WordKey, int] = {}
        self._before = self.stored
        self._strings = KnownStrings(self.stored)

    def _renew(self) -> None:
        self.stored = StoredLexicon([*self._base, *self._own])

    def unknown(self, keys: Sequence[WordKey]) -> list[WordKey]:
        """Return those of ``keys``, the new words of a batch, that it lacks."""
        found = np.fromiter(map(self._number, keys), np.int64, len(keys))
        self._word_ids = np.concatenate((self._word_ids, found))
        return [key for key, word in zip(keys, found.tolist()) if word < 0]

    def take(self, batch: Batch, keys: Sequence[WordKey], tokens: Sequence[tuple[Token, ...]]) -> Streams:
        """Add the words that it lacked and return those of a batch by their numbers here."""
        if keys:
            missing = np.flatnonzero(self._word_ids < 0)
            first = self.stored.word_count
            self._add(keys, tokens)
            self._word_ids[missing] = np.arange(first, first + len(keys))
        codes = batch.codes.copy()
        words = codes >= FIRST_WORD
        codes[words] = self._word_ids[codes[words] - FIRST_WORD] + FIRST_WORD
        return Streams(codes, batch.offsets, batch.bullets)

    def add(
        self, keys: Sequence[WordKey], analyze: Callable[[list[WordKey]], Sequence[tuple[Token, ...]]]
    ) -> None:
        """Add those of ``keys`` that it lacks."""
        new = [key for key in dict.fromkeys(keys) if self._number(key) < 0]
        if new:
            self._add(new, analyze(new))

    def _number(self, key: WordKey) -> int:
        """Return the number of a word, -1 if it is lacking."""
        number = self._numbers.get(key)
        return self._before.word_id(key) if number is None else number

    def _add(self, keys: Sequence[WordKey], tokens: Sequence[tuple[Token, ...]]) -> None:
        def write(writer: BlockFileWriter) -> None:
            write_level(writer, self.stored, keys, tokens, self._strings)
            write_marks(writer, keys)

        first = self.stored.word_count
        self._numbers.update(zip(keys, range(first, first + len(keys))))
        self._own.append(self._level(write))
        if len(self._own) > _RATIO:
            self._merge_own()
        self._renew()

    def _level(self, write: Write) -> LexiconLevel:
        return LexiconLevel(*self._blobs.write(write, "lex"))

    def _merged(
        self, levels: Sequence[LexiconLevel], changes: Mapping[int, tuple[Token, ...]] | None = None
    ) -> LexiconLevel:
        def write(writer: BlockFileWriter) -> None:
            merge_levels(writer, levels, changes)
            merge_marks(writer, levels)

        return self._level(write)

    def _merge_own(self) -> None:
        own = self._own
        if len(own) > 1:
            self._own = [self._merged(own)]

    def change(self, changes: Mapping[int, tuple[Token, ...]]) -> None:
        """Give words other tokens, which takes levels of its own for all words."""
        levels = [*self._base, *self._own]
        self._base, self._own = [], [self._merged(levels, changes)]
        self.rewritten = True
        self._renew()
        self._strings = KnownStrings(self.stored)

    def count(self, streams: Streams, sign: int = 1) -> None:
        """Count the terms of documents that come, or go if ``sign`` is -1."""
        if len(streams.bullets):
            self._changes.append(Frequencies.of(*streams, self.stored, sign))
            if len(self._changes) > 16:
                self._changes = [Frequencies.sum(self._changes)]

    def count_changed(self, streams: Streams, before: StoredLexicon) -> None:
        """Count documents with the terms that their words have now, and no more with those they had ``before``."""
        self._changes.append(Frequencies.of(*streams, before, -1))
        self.count(streams)

    def resume(self, changes: Sequence[FileRecord]) -> None:
        """Take the frequencies that a checkpoint kept."""
        self._changes += [Frequencies.read(self._blobs.open(record)) for record in changes]

    def keep(self) -> tuple[tuple[FileRecord, ...], tuple[FileRecord, ...]]:
        """Store its own levels and changes in the ledger."""
        self._merge_own()
        self._renew()
        return tuple(self._blobs.store(level.record) for level in self._own), self._stored_changes()

    def _stored_changes(self) -> tuple[FileRecord, ...]:
        if not self._changes:
            return ()
        self._changes = [Frequencies.sum(self._changes)]
        return (self._blobs.store(self._blobs.write(self._changes[0].write, "frq")[1]),)

    def rebase(self, base: Sequence[FileRecord]) -> None:
        """Put its own words on top of what somebody else has committed meanwhile."""
        if tuple(base) == tuple(level.record for level in self._base):
            return
        before, own = self.stored, self._own
        first = self._base[-1].string_end if self._base else 0
        words = range(own[0].first_word, own[-1].word_end) if own else range(0)
        self._base, self._own = [LexiconLevel(self._blobs.open(record), record) for record in base], []
        self._numbers.clear()
        self._renew()
        self._before = self.stored
        self._strings = KnownStrings(self.stored)
        keys = [(before.key(word), before.tokens(word)) for word in words]
        new = [(key, tokens) for key, tokens in keys if self.stored.word_id(key) < 0]
        if new:
            self._add([key for key, _ in new], [tokens for _, tokens in new])
        numbers = np.arange(before.string_count, dtype=np.int64)
        for string in range(first, before.string_count):
            numbers[string] = self.stored.string_id(before.string(string))
        self._changes = [each.renumbered(numbers) for each in self._changes]

    def finish(self, changes: Sequence[FileRecord]) -> tuple[tuple[FileRecord, ...], tuple[FileRecord, ...]]:
        """Store all levels and, on top of ``changes``, all frequencies, small ones merged; return their records."""
        self._merge_own()
        levels = [*self._base, *self._own]
        start = _merged_from([level.word_end - level.first_word for level in levels])
        if len(levels) - start > 1:
            levels[start:] = [self._merged(levels[start:])]
        tables = [(record, Frequencies.read(self._blobs.open(record))) for record in changes]
        sizes = [len(table) for _, table in tables]
        own = Frequencies.sum(self._changes)
        if len(own):
            start = _merged_from([*sizes, len(own)])
            summed = Frequencies.sum([*(table for _, table in tables[start:]), own])
            tables[start:] = [(self._blobs.write(summed.write, "frq")[1], summed)]
        self._renew()
        return (
            tuple(self._blobs.store(level.record) for level in levels),
            tuple(self._blobs.store(record) for record, _ in tables),
        )


def _merged_from(sizes: Sequence[int]) -> int:
    """Return the number of the first of several, large ones first, that should be merged with all behind it."""
    start = max(len(sizes) - 1, 0)
    while start > 0 and sizes[start - 1] < _RATIO * sum(sizes[start:]):
        start -= 1
    return start
