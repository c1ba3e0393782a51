"""The index writer: batches of analysed documents become segments, and one commit makes them visible together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.batch import Batch
from searchkit.analysis.glossary import NO_USER_GLOSSES, UserGlosses, make_glossary
from searchkit.analysis.glosses import Gloss
from searchkit.analysis.token import FIRST_WORD, Token, WordKey
from searchkit.analysis.token_table import TokenTable
from searchkit.document import Document
from searchkit.engines.whoosh import merge, neighbours, reanalysis
from searchkit.engines.whoosh.background import Background
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.generation import Generation, open_segment, write_deletions
from searchkit.engines.whoosh.gloss_reader import GlossReader
from searchkit.engines.whoosh.gloss_records import StoredGlosses, count_glosses
from searchkit.engines.whoosh.glossary import HASHES, glossary_arrays, write_glossary
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon, WordLevels
from searchkit.engines.whoosh.lexicon_writer import KnownStrings, NewWords, merge_levels, write_words
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.new_segment import NewSegment, WordStreams
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.user_files import write_user_files

if TYPE_CHECKING:
    from searchkit.engines.whoosh.transaction import Transaction

_GLOSSED = "glosses"
"""In the manifest: what the user's glosses in the glossary are."""
_MAX_DOCUMENTS = 196_608
"""Of one segment, so that memory stays bounded: all that is inverted of it is held until the end."""
_LEVEL_RATIO = 4
"""A level of the lexicon is at least so many times as large as the next."""


class IndexWriter:
    """Writes one generation on top of ``base`` (None: from nothing) inside an open transaction."""

    checkpoint_every = 0

    def __init__(self, transaction: Transaction, base: Generation | None) -> None:
        self._transaction = transaction
        self._folder = transaction.files.folder
        self._base = None if base is None else (base.folder, base.manifest)
        self._segments: dict[str, tuple[SegmentRecord, Segment]] = {}
        self._levels: list[LexiconLevel] = []
        if base is not None:
            by_id = {segment.id: segment for segment in base.segments}
            self._segments = {record.id: (record, by_id[record.id]) for record in base.manifest.segments}
            self._levels = list(base.lexicon.levels)
        self._lexicon = StoredLexicon(self._levels)
        self._deleted: dict[str, npt.NDArray[np.bool_]] = {}
        self._any_deleted = False
        self._begin_lookups()
        # Of all words of this run, by the numbers that it gave them, and of those not asked for before.
        self._word_ids: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._found: list[npt.NDArray[np.int64]] = []
        self._gloss_changes: Counter[Gloss] = Counter()
        self._glosses = GlossReader()
        self._segment = NewSegment(self._glosses)
        self._background = Background()
        # Whether a segment may be on its way to those in which documents are looked for.
        self._ending = False
        self.new_words = 0

    def _begin_lookups(self) -> None:
        """Look up in the lexicon as it is now; what this run adds with its documents it knows."""
        self._before = self._lexicon
        self._strings = KnownStrings(self._lexicon)
        self._new_words: list[NewWords] = []
        self._words = WordLevels(self._levels)
        self._word_count = self._lexicon.word_count

    def store(self, document: Document) -> None:
        """Take the next document of the current batch; its words come with `flush`."""
        self._segment.store(document)

    def delete(self, document_id: str) -> bool:
        """Delete a document of an earlier commit or segment; tell whether there was one."""
        if self._ending:
            self._background.wait()
            self._ending = False
        for segment_id, (_, segment) in self._segments.items():
            doc = segment.find_id(document_id)
            if doc < 0:
                continue
            mask = self._deleted.get(segment_id)
            if mask is None:
                mask = (
                    np.zeros(segment.doc_count, np.bool_)
                    if segment.deleted is None
                    else segment.deleted.copy()
                )
            if mask[doc]:
                continue
            mask[doc] = True
            self._deleted[segment_id] = mask
            return True
        return False

    def unknown(self, keys: Sequence[WordKey]) -> list[WordKey]:
        """Return those of ``keys``, the new words of a batch, that the lexicon lacks; `flush` wants their tokens."""
        before = self._before
        found = [before.word_id(key) for key in keys] if before.levels else [-1] * len(keys)
        self._found.append(np.array(found, np.int64))
        return [key for key, word_id in zip(keys, found) if word_id < 0]

    def flush(
        self,
        batch: Batch,
        keys: Sequence[WordKey],
        tokens: Callable[[], Sequence[tuple[Token, ...]]],
        *,
        last: bool = False,
        more: bool = False,
    ) -> None:
        """Take the words of all documents stored since the last call, in that order, and end their segment.

        ``keys`` is what `unknown` returned for the batch, and ``tokens`` returns their tokens; after the ``last`` call
        no document is stored before `commit`. Where ``more`` follow, the segment goes on as long as it isn't too large.
        All of it is done while more documents are stored.
        """
        if len(batch.bullets):
            order = self._number_words(batch)
            codes = np.arange(FIRST_WORD + len(self._word_ids), dtype=np.int32)
            codes[FIRST_WORD:] = self._word_ids + FIRST_WORD
            words = WordStreams(codes.take(batch.codes), batch.offsets, batch.bullets)
            self._background.start(partial(self._take_words, self._segment, words, keys, tokens, order))
        if not more or len(self._segment) >= _MAX_DOCUMENTS:
            self._end_segment(last=last)
        if last:
            self._background.wait()

    def _end_segment(self, *, last: bool = False) -> None:
        """Have the segment written and begin the next one."""
        segment = self._segment
        if len(segment):
            self._segment = NewSegment(self._glosses)
            segment.end(last=last and self._base is None)
            self._ending = True
            self._background.start(partial(self._write_segment, segment))

    def _take_words(
        self,
        segment: NewSegment,
        words: WordStreams,
        keys: Sequence[WordKey],
        tokens: Callable[[], Sequence[tuple[Token, ...]]],
        order: npt.NDArray[np.int64],
    ) -> None:
        """Add ``keys``, in this ``order``, to the lexicon, and ``words`` to a segment."""
        segment.encode_words(words)
        if keys:
            self._add_words([keys[i] for i in order.tolist()], TokenTable.of(tokens()).take(order))
        segment.invert_words(words, self._words)

    def _add_words(self, keys: Sequence[WordKey], tokens: Sequence[tuple[Token, ...]]) -> None:
        self._new_words.append(NewWords(self._words, keys, tokens, self._strings))
        self._words = WordLevels([*self._levels, *self._new_words])

    def _write_segment(self, segment: NewSegment) -> None:
        writer, name = self._create("seg")
        glosses = segment.write(writer)
        if self._base is not None:
            self._gloss_changes.update(glosses.counts())
        self._adopt(name, writer.finish(), len(segment))

    def add_words(
        self, keys: Sequence[WordKey], analyze: Callable[[list[WordKey]], Sequence[tuple[Token, ...]]]
    ) -> None:
        """Add those of ``keys`` that the lexicon lacks; no document holds them yet."""
        self._write_words()
        new = [key for key in dict.fromkeys(keys) if self._lexicon.word_id(key) < 0]
        if new:
            self._add_words(new, analyze(new))
            self._write_words()

    def _write_words(self) -> None:
        """Write the words that no file holds yet as a level of the lexicon."""
        self._background.wait()
        if self._new_words:
            writer, _ = self._create("lex")
            write_words(writer, self._new_words)
            self._add_level(self._finish(writer))
            self._begin_lookups()

    def change_words(self, changes: Mapping[int, tuple[Token, ...]]) -> int:
        """Give words of the lexicon other tokens and invert the documents that hold them again; return how many.

        Nothing may be pending. No document is read or analysed again: its words stand in the forward stream.
        """
        if not changes:
            return 0
        wanted = np.array(sorted(changes), np.int64)
        holders = {
            segment_id: reanalysis.documents_with(segment, wanted, self._lexicon)
            for segment_id, (_, segment) in self._segments.items()
        }
        taken = [(self._segments[segment_id][1], docs) for segment_id, docs in holders.items() if len(docs)]
        for segment, docs in taken:
            mask = (
                np.zeros(segment.doc_count, np.bool_) if segment.deleted is None else segment.deleted.copy()
            )
            mask[docs] = True
            self._deleted[segment.id] = mask
        # What is taken out counts with the tokens that it was put in with.
        self._apply_deletions()
        writer, _ = self._create("lex")
        merge_levels(writer, self._levels, changes)
        self._levels.clear()
        self._add_level(self._finish(writer))
        self._begin_lookups()
        for segment, docs in taken:
            for batch in reanalysis.batches(segment, docs):
                again = NewSegment(self._glosses)
                for document in batch.documents:
                    again.store(document)
                again.end(last=False)
                words = WordStreams(batch.codes, batch.offsets, batch.bullets)
                again.encode_words(words)
                again.invert_words(words, self._words)
                self._write_segment(again)
        return sum(len(docs) for _, docs in taken)

    def _number_words(self, batch: Batch) -> npt.NDArray[np.int64]:
        """Give the unknown words the ids that they will have in the lexicon; return their order by these."""
        self._word_ids, self._found = np.concatenate((self._word_ids, *self._found)), []
        missing = np.flatnonzero(self._word_ids < 0)
        counts = np.bincount(batch.codes, minlength=len(self._word_ids) + FIRST_WORD)[FIRST_WORD:]
        # Frequent words get low ids, which take fewer bytes in the streams.
        order = np.argsort(-counts[missing], kind="stable")
        first, self._word_count = self._word_count, self._word_count + len(missing)
        self._word_ids[missing[order]] = np.arange(first, self._word_count)
        return order

    def _create(self, suffix: str) -> tuple[BlockFileWriter, str]:
        name = self._transaction.new_name(suffix)
        return BlockFileWriter(self._transaction.files, name), name

    def _finish(self, writer: BlockFileWriter) -> FileRecord:
        record = writer.finish()
        self._transaction.record(record)
        return record

    def _add_level(self, record: FileRecord) -> None:
        self._levels.append(LexiconLevel(BlockFile.open(self._folder, record), record))
        self._lexicon = StoredLexicon(self._levels)

    def _adopt(self, name: str, record: FileRecord, documents: int) -> None:
        self._transaction.record(record)
        segment_id = name.removeprefix("MAIN_").partition(".")[0]
        described = SegmentRecord(id=segment_id, file=record, documents=documents, deletions=None, deleted=0)
        self._segments[segment_id] = described, open_segment(self._folder, described)

    def checkpoint(self, state: bytes, versions: Mapping[str, str]) -> None:
        """Do nothing: an index folder takes up nothing of a commit that was cut short."""

    def commit(
        self,
        versions: Mapping[str, str],
        *,
        state: bytes,
        rebase: Callable[[bytes], bytes] | None = None,
        user_files: Mapping[str, bytes] | None = None,
        dictionary: Iterable[str] = (),
        user_glosses: UserGlosses = NO_USER_GLOSSES,
    ) -> None:
        """Merge what should be merged, write the rest and commit; ``state`` is kept for the next run of the indexer.

        ``dictionary`` has the lines of the user's dictionary, for Whoosh's own analysis of queries; ``user_glosses``
        go into the glossary. The lock keeps others from committing meanwhile: ``rebase`` is never needed.

        Raises:
            SearchkitError: the disk is full or can't be written; nothing has changed then.
        """
        self._background.wait()
        self._write_words()
        self._apply_deletions()
        while chosen := merge.choose([segment for _, segment in self._segments.values()]):
            self._merge(chosen)
        self._merge_levels()
        writer, _ = self._create("src")
        writer.add("state", state)
        sources = self._finish(writer)
        segments = tuple(record for record, _ in self._segments.values())
        copies, extra = write_user_files(self._transaction, user_files or {}, self._base)
        manifest = Manifest(
            generation=self._transaction.generation,
            versions=dict(versions),
            segments=segments,
            lexicon=tuple(level.record for level in self._levels),
            sources=sources,
            user_files=tuple(copies),
            glossary=self._write_glossary(user_glosses, extra),
            documents=sum(record.documents - record.deleted for record in segments),
            extra=extra,
        )
        from searchkit.engines.whoosh.toc import toc_bytes

        self._transaction.commit(manifest, toc_bytes(manifest, dictionary=dictionary), self._check)

    def _write_glossary(self, user: UserGlosses, extra: dict[str, Any]) -> FileRecord | None:
        """Write the glossary, or keep that of the commit before where nothing it is made of has changed."""
        extra[_GLOSSED] = user.digest()
        if self._base is not None and not any(self._gloss_changes.values()):
            before = self._base[1]
            if before.extra.get(_GLOSSED) == extra[_GLOSSED]:
                return before.glossary
        arrays = self._glosses.glossary() if user == NO_USER_GLOSSES and not self._any_deleted else None
        if arrays is None:
            segments = (segment for _, segment in self._segments.values())
            counts = count_glosses((segment.file, segment.deleted) for segment in segments)
            arrays = glossary_arrays(make_glossary(counts, user))
        if not len(arrays[HASHES]):
            return None
        writer, _ = self._create("gls")
        write_glossary(writer, arrays)
        return self._finish(writer)

    def _check(self, manifest: Manifest) -> None:
        generation = Generation(self._folder, manifest)
        if generation.live_count != manifest.documents:
            raise AssertionError(f"{generation.live_count} documents instead of {manifest.documents}")

    def _apply_deletions(self) -> None:
        self._any_deleted = self._any_deleted or bool(self._deleted)
        for segment_id, mask in self._deleted.items():
            record, segment = self._segments[segment_id]
            count = int(np.count_nonzero(mask))
            if self._base is not None:
                newly = mask if segment.deleted is None else mask & ~segment.deleted
                self._gloss_changes.subtract(StoredGlosses(segment.file).within(newly))
            if count == segment.doc_count:
                del self._segments[segment_id]
                continue
            name = self._transaction.new_name("del")
            gone = neighbours.after_deleting(segment, mask, self._lexicon)
            deletions = write_deletions(self._transaction.files, name, mask, gone)
            self._transaction.record(deletions)
            changed = SegmentRecord(
                id=segment_id,
                file=record.file,
                documents=record.documents,
                deletions=deletions,
                deleted=count,
            )
            self._segments[segment_id] = changed, open_segment(self._folder, changed)
        self._deleted = {}

    def _merge(self, chosen: Sequence[Segment]) -> None:
        for segment in chosen:
            del self._segments[segment.id]
        writer, name = self._create("seg")
        documents = merge.merge_segments(writer, chosen)
        self._adopt(name, writer.finish(), documents)

    def _merge_levels(self) -> None:
        start = len(self._levels) - 1
        while start > 0 and self._size(start - 1, start) < _LEVEL_RATIO * self._size(
            start, len(self._levels)
        ):
            start -= 1
        if start < 0 or start == len(self._levels) - 1:
            return
        writer, _ = self._create("lex")
        merge_levels(writer, self._levels[start:])
        del self._levels[start:]
        self._add_level(self._finish(writer))

    def _size(self, start: int, stop: int) -> int:
        words: int = self._levels[stop - 1].word_end - self._levels[start].first_word
        return words

    def __enter__(self) -> IndexWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what helps; the transaction decides what becomes of the files."""
        self._background.close()
        self._glosses.close()
