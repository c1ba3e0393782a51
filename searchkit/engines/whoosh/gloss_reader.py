"""Reads the glosses of documents while they are stored: here where they are few, else in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from searchkit.analysis.glossary import NO_USER_GLOSSES, make_glossary
from searchkit.analysis.piped_process import ProcessFailed
from searchkit.analysis.second_process import AnalysisProcess
from searchkit.engines.whoosh.gloss_process import GlossProcess, Texts
from searchkit.engines.whoosh.gloss_records import GlossRecords, PackedGlosses
from searchkit.engines.whoosh.glossary import Array, glossary_arrays

MANY_TEXTS = 16_384
"""With so many texts that hold brackets a second process pays off."""
_TEXTS_AT_ONCE = 2048


class GlossReader:
    """Takes the documents of one segment after the other."""

    def __init__(self) -> None:
        self._process: GlossProcess | None = None
        self._possible = AnalysisProcess.possible()
        # Whether whoever reads the current segment has read all before it.
        self._whole = True
        self._glossary: Callable[[], dict[str, Array]] | None = None
        self._begin()

    def _begin(self) -> None:
        self._docs: list[int] = []
        self._texts: list[str] = []
        self._sent: list[Texts] = []

    def add(self, doc: int, texts: Iterable[str]) -> None:
        """Take the texts of the next document of the segment."""
        found = [text for text in texts if "(" in text]
        self._texts += found
        self._docs += [doc] * len(found)
        if len(self._texts) >= (MANY_TEXTS if self._process is None else _TEXTS_AT_ONCE):
            if self._process is None and self._possible:
                self._start()
            self._hand_over()

    def _start(self) -> None:
        try:
            self._process = GlossProcess()
        except OSError:
            self._possible = False

    def _hand_over(self) -> None:
        texts = Texts.of(self._docs, self._texts)
        self._docs, self._texts = [], []
        self._sent.append(texts)
        if self._process is not None:
            self._process.take(texts)

    def finish(self, doc_count: int, *, last: bool) -> Callable[[], PackedGlosses]:
        """End the segment; return what waits for its glosses.

        After the ``last`` one `glossary` has the glossary of all segments, if they are all that the index holds.
        """
        if self._texts:
            self._hand_over()
        sent = self._sent
        self._begin()
        if self._process is None:
            records = _read(sent)
            if last and self._whole:
                arrays = glossary_arrays(make_glossary(records.counts(), NO_USER_GLOSSES))
                self._glossary = lambda: arrays
            self._whole = False
            packed = records.pack(doc_count)
            return lambda: packed
        promised, glossary = self._process.finish(doc_count, last=last)
        self._glossary = glossary.result if self._whole and glossary is not None else None
        return lambda: self._wait(promised, sent, doc_count)

    def _wait(self, promised: Future[PackedGlosses], sent: list[Texts], doc_count: int) -> PackedGlosses:
        try:
            return promised.result()
        except (ProcessFailed, OSError):
            self.close()
            return _read(sent).pack(doc_count)

    def glossary(self) -> dict[str, Array] | None:
        """Return the arrays of the glossary that all documents make without the user's own, None if it isn't known."""
        try:
            return None if self._glossary is None else self._glossary()
        except (ProcessFailed, OSError):
            self.close()
            return None

    def close(self) -> None:
        """End the other process."""
        self._possible, self._whole, self._glossary = False, False, None
        process, self._process = self._process, None
        if process is not None:
            process.close()


def _read(sent: Iterable[Texts]) -> GlossRecords:
    records = GlossRecords()
    for texts in sent:
        texts.read(records)
    return records
