"""The passage that answers best: where the most, and the rarest, words of the query stand together."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from searchkit.document import Document
from searchkit.results.display import char_columns
from searchkit.results.hit import Highlight, Snippet

PASSAGE_COLUMNS = 200
_MAX_STARTS = 64
_Worth = tuple[float, int, int, int]
_MAX_WIDTHS = 16_384
_LEAD = 0.3
"""How much of a passage may stand before its first match where no sentence begins nearby."""
_SENTENCE_START = re.compile(r"(?<=[.!?。！？])[)\]}\"'”’]*\s+(?=\S)")


def best_snippet(
    document: Document, highlights: Sequence[Highlight], weights: Mapping[int, float] | None = None
) -> Snippet:
    """Return the best passage of the bullets, at most 200 columns wide, cut between words.

    ``weights`` says what each word of the query, by its number, is worth (1 where it isn't named). Without
    a match in the bullets it is the beginning of the first one; without bullets, the title.
    """
    by_item: dict[int, list[Highlight]] = {}
    for mark in highlights:
        if mark.field == "bullets":
            by_item.setdefault(mark.item, []).append(mark)
    best: tuple[_Worth, int, int, int] | None = None
    most = sorted(((_worth(marks, weights, -item, 0), item) for item, marks in by_item.items()), reverse=True)
    for limit, item in most:
        if best is not None and best[0] >= limit:
            break
        marks = by_item[item]
        for start, end in _windows(document.bullets[item], marks):
            within = [mark for mark in marks if start <= mark.start and mark.end <= end]
            key = _worth(within, weights, -item, -start)
            if best is None or key > best[0]:
                best = key, item, start, end
    if best is not None:
        _, item, *window = best
        return _snippet(document, "bullets", item, window, by_item[item])
    for item, bullet in enumerate(document.bullets):
        if bullet.strip():
            return _snippet(document, "bullets", item, _Columns(bullet).window(0), ())
    title_marks = [mark for mark in highlights if mark.field == "title"]
    return _snippet(document, "title", 0, _Columns(document.title).window(0), title_marks)


def _worth(marks: Sequence[Highlight], weights: Mapping[int, float] | None, item: int, start: int) -> _Worth:
    """Return what a passage with ``marks`` is worth; one with fewer of them isn't worth more."""
    words = {word for mark in marks for word in mark.words}
    worth = sum(weights.get(word, 1.0) for word in words) if weights else float(len(words))
    return round(worth, 6), len(marks), item, start


def _snippet(
    document: Document, field: str, item: int, window: Sequence[int], marks: Iterable[Highlight]
) -> Snippet:
    start, end = window
    whole = document.bullets[item] if field == "bullets" else document.title
    text = whole[start:end]
    line = document.line
    if field == "bullets" and item < len(document.bullet_lines):
        line = document.bullet_lines[item]
    return Snippet(
        field,
        item,
        start,
        end,
        text,
        line,
        tuple(
            (max(mark.start, start) - start, min(mark.end, end) - start)
            for mark in marks
            if mark.start < end and mark.end > start
        ),
        cut_before=bool(whole[:start].strip()),
        cut_after=bool(whole[end:].strip()),
    )


class _Widths(dict[str, int]):
    """The columns of characters; faster than a call for each."""

    def __missing__(self, char: str) -> int:
        if len(self) >= _MAX_WIDTHS:
            self.clear()
        width = self[char] = char_columns(char)
        return width


_WIDTHS = _Widths()


class _Columns:
    """A text, where its sentences begin, and how many columns it has taken at each code point."""

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) * 2 <= PASSAGE_COLUMNS:
            self.total = 0
            return
        self._until = [0, *accumulate(map(_WIDTHS.__getitem__, text))]
        self.total = self._until[-1]

    @property
    def fits(self) -> bool:
        """Whether the whole text is no wider than a passage."""
        return self.total <= PASSAGE_COLUMNS

    def window(self, start: int, at_least: int = 0) -> tuple[int, int]:
        """Return the longest passage from ``start``, cut between words, but not before ``at_least``."""
        text = self._text
        end = len(text) if self.fits else bisect_right(self._until, self._until[start] + PASSAGE_COLUMNS) - 1
        if end < len(text) and not text[end].isspace():
            space = max(text.rfind(char, start, end) for char in " \t\n")
            if space > max(start, at_least - 1):
                end = space
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        return start, end

    def start_before(self, mark: Highlight, sentences: Sequence[int]) -> int:
        """Return where a passage with ``mark`` should begin: with its sentence, or a word before it."""
        sentence = sentences[bisect_right(sentences, mark.start) - 1]
        if self._until[mark.end] - self._until[sentence] <= PASSAGE_COLUMNS // 2:
            return sentence
        wanted = max(0, self._until[mark.start] - int(PASSAGE_COLUMNS * _LEAD))
        at = max(sentence, bisect_left(self._until, wanted))
        space = re.compile(r"\s").search(self._text, at, mark.start) if at else None
        return at if at == sentence else space.end() if space else mark.start


def _windows(text: str, marks: Sequence[Highlight]) -> list[tuple[int, int]]:
    columns = _Columns(text)
    if columns.fits:
        return [columns.window(0)]
    sentences = [0, *(match.end() for match in _SENTENCE_START.finditer(text))]
    starts = {0: 0}
    for mark in marks[:_MAX_STARTS]:
        starts[columns.start_before(mark, sentences)] = mark.end
    windows = []
    for start, at_least in starts.items():
        begin, end = columns.window(start, at_least)
        if end == len(text.rstrip()):
            # The text ends early: there is room for a sentence before.
            for sentence in sentences:
                if sentence < begin and columns.window(sentence)[1] == end:
                    begin = sentence
                    break
        windows.append((begin, end))
    return windows
