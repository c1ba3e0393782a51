"""From documents to an engine: encode, analyse new words, hand over batch by batch.

Where many documents come, their words are analysed in another process while the next ones are read.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from searchkit.analysis.analyzer import WordAnalyzer, is_hangul
from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.piped_process import ProcessFailed
from searchkit.analysis.second_process import AnalysisProcess
from searchkit.analysis.token import WordKey
from searchkit.analysis.token_table import TokenTable
from searchkit.document import Document
from searchkit.engines.base import DocumentWriter
from searchkit.index.head_start import waiting_process
from searchkit.index.report import Progress

if TYPE_CHECKING:
    from concurrent.futures import Future

_WORDS_AT_ONCE = 8192
MANY_WORDS = 6000
"""With so many new words, and probably more to come, a second process pays off."""
_LOOK_EVERY = 128
"""After so many documents new words are looked for."""


Asked = tuple[list[int], "Future[TokenTable]"]
"""The places of some words, and their tokens to wait for."""


class AnalysisFeed:
    """Feeds documents to ``writer`` in batches of bounded memory; a context manager."""

    def __init__(
        self, writer: DocumentWriter, analyzer: WordAnalyzer, progress: Progress | None = None
    ) -> None:
        self._writer = writer
        self._analyzer = analyzer
        self._progress = progress
        self._encoder = BatchEncoder()
        # Whether documents were handed over that others belong to.
        self._more = False
        self._closed = False
        self._alone = analyzer.loaded or not AnalysisProcess.possible()
        self._process = None if self._alone else waiting_process()
        if self._process is not None:
            self._process.use(analyzer.dictionary)
        self._unknown: list[WordKey] = []
        # Of the unknown words, by their places: Hangul that was sent away, and that which wasn't yet.
        self._asked: list[Asked] = []
        self._pending: list[int] = []

    def add(self, document: Document) -> None:
        """Index a document whose id is not in the index."""
        self._writer.store(document)
        self._encoder.add(document)
        if self._encoder.full:
            self._hand_over(more=True)
        elif not self._alone and self._encoder.document_count % _LOOK_EVERY == 0:
            # Have the words so far analysed while others are read.
            self._ask(self._writer.unknown(self._encoder.new_keys()), at_least=MANY_WORDS)

    def analyze(self, keys: list[WordKey]) -> TokenTable:
        """Return the tokens of ``keys`` while nothing is pending."""
        self._ask(keys)
        return self._analyze(*self._taken(), self._progress)

    def _ask(self, unknown: list[WordKey], at_least: int = 1) -> None:
        self._pending += [
            place for place, key in enumerate(unknown, len(self._unknown)) if is_hangul(key.form)
        ]
        self._unknown += unknown
        if len(self._pending) < at_least:
            return
        if self._alone:
            self._end_process()
        if self._process is None and not self._alone and at_least > 1:
            self._process = AnalysisProcess(self._analyzer.dictionary)
        if self._process is not None:
            for start in range(0, len(self._pending), _WORDS_AT_ONCE):
                places = self._pending[start : start + _WORDS_AT_ONCE]
                keys = [self._unknown[place] for place in places]
                self._asked.append((places, self._process.analyze(keys)))
            self._pending = []

    def flush(self, *, last: bool = False) -> None:
        """Hand over what is pending, the ``last`` documents of this commit or not."""
        if self._encoder.document_count or self._more:
            self._hand_over(last=last)

    def _hand_over(self, *, last: bool = False, more: bool = False) -> None:
        batch = self._encoder.finish()
        self._more = more
        self._ask(self._writer.unknown(batch.new_keys))
        unknown, asked = self._taken()
        # The writer may wait for tokens while documents are read on, and it is these that are shown then.
        progress = self._progress if last else None
        self._writer.flush(
            batch, unknown, lambda: self._analyze(unknown, asked, progress), last=last, more=more
        )

    def _taken(self) -> tuple[list[WordKey], list[Asked]]:
        """Return the unknown words and what was asked of them, and begin anew."""
        unknown, asked = self._unknown, self._asked
        self._unknown, self._asked, self._pending = [], [], []
        return unknown, asked

    def _analyze(self, keys: list[WordKey], asked: list[Asked], progress: Progress | None) -> TokenTable:
        left = np.ones(len(keys), np.bool_)
        for some, _ in asked:
            left[some] = False
        places: list[int] = []
        tables: list[TokenTable] = []
        # What isn't the other process's is done here before anybody waits for it.
        self._analyze_here(keys, np.flatnonzero(left).tolist(), places, tables, progress)
        self._take_answers(len(keys), asked, places, tables, progress)
        left[:] = True
        left[places] = False
        self._analyze_here(keys, np.flatnonzero(left).tolist(), places, tables, progress)
        return TokenTable.joined(tables).take(np.argsort(np.array(places, np.int64)))

    def _analyze_here(
        self,
        keys: list[WordKey],
        these: list[int],
        places: list[int],
        tables: list[TokenTable],
        progress: Progress | None,
    ) -> None:
        """Append the tokens of ``these`` of ``keys`` to ``tables``, and them to ``places``."""
        step = len(these) or 1 if progress is None else _WORDS_AT_ONCE
        for start in range(0, len(these), step):
            some = these[start : start + step]
            places += some
            tables.append(TokenTable.of(self._analyzer.analyze([keys[place] for place in some])))
            if progress is not None:
                progress("words", len(places), len(keys))

    def _take_answers(
        self,
        total: int,
        asked: list[Asked],
        places: list[int],
        tables: list[TokenTable],
        progress: Progress | None,
    ) -> None:
        """Wait for what the other process was asked and append it; where it failed there is less."""
        from concurrent.futures import CancelledError  # takes a moment to import

        for some, answer in asked:
            try:
                tables.append(answer.result())
            except (ProcessFailed, OSError, CancelledError):
                if self._closed:
                    raise
                # Whoever asks next ends it: that may be another thread.
                self._alone = True
                break
            places += some
            if progress is not None:
                progress("words", len(places), total)

    def close(self) -> None:
        """End the other process; what waits for it ends with an error."""
        self._closed = True
        self._end_process()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def __enter__(self) -> AnalysisFeed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
