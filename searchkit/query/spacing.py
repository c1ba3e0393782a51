"""Spacing doesn't matter: a word that the index lacks is cut into words that it has, and neighbours are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from searchkit.query.jamo import is_hangul

MAX_PIECES = 4
_MIN_PIECE, _MAX_PIECE = 2, 8
_MAX_LENGTH = 24
_MIN_LATIN, _MAX_LATIN = 3, 16
"""Letters of a piece; nearly all shorter ones are words."""

Frequency = Callable[[str], int]
"""Gives the number of documents that hold a term."""


def cut(text: str, frequency: Frequency, enough: int) -> tuple[str, ...]:
    """Return the best way to cut ``text`` into 2 to 4 terms that ``enough`` documents hold, empty if there is none.

    Few pieces are better than many; among as many, those whose rarest term is most frequent.
    """
    size = len(text)
    shortest, longest = (_MIN_PIECE, _MAX_PIECE) if is_hangul(text) else (_MIN_LATIN, _MAX_LATIN)
    if not 2 * shortest <= size <= _MAX_LENGTH or not (is_hangul(text) or is_latin(text)):
        return ()
    # What reaches each place: by the number of pieces the frequency of the rarest one, and the pieces.
    reached: list[dict[int, tuple[int, tuple[str, ...]]]] = [{} for _ in range(size + 1)]
    reached[0][0] = 1 << 62, ()
    for start in range(size - shortest + 1):
        if not reached[start]:
            continue
        for end in range(start + shortest, min(size, start + longest) + 1):
            if end - start == size:
                continue
            piece = text[start:end]
            found = frequency(piece)
            if found < enough:
                continue
            for count, (rarest, pieces) in reached[start].items():
                known = reached[end].get(count + 1)
                if count < MAX_PIECES and (known is None or known[0] < min(rarest, found)):
                    reached[end][count + 1] = min(rarest, found), (*pieces, piece)
    return min(reached[size].items())[1][1] if reached[size] else ()


def joined(forms: Sequence[str], stems: Sequence[str], frequency: Frequency) -> list[tuple[int, int, str]]:
    """Return neighbours among ``forms`` that are one term when joined, as (first, last, term); longer ones first.

    ``stems`` are the forms without particles: 프레 임에서 is 프레임.
    """
    found = []
    for size in (3, 2):
        for first in range(len(forms) - size + 1):
            *before, last = forms[first : first + size]
            for end in dict.fromkeys((last, stems[first + size - 1])):
                term = "".join((*before, end))
                if _may_be_one([*before, end], term) and frequency(term):
                    found.append((first, first + size - 1, term))
                    break
    return found


def is_latin(text: str) -> bool:
    """Say whether ``text`` is nothing but letters of English."""
    return text.isascii() and text.isalpha()


def _may_be_one(run: list[str], term: str) -> bool:
    if all(map(is_hangul, run)):
        return len(term) <= _MAX_PIECE
    return (
        all(is_latin(form) and len(form) > 1 for form in run) and 2 * _MIN_LATIN <= len(term) <= _MAX_LENGTH
    )
