"""Completions while typing: words, and neighbours in the documents, by how many documents hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from searchkit.analysis.normalization import fold
from searchkit.answers.known_words import MAX_FIRST_WORDS, KnownWords
from searchkit.query.jamo import initials, is_hangul, key_bytes, typed_initials
from searchkit.results.suggestion import Suggestion

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

MAX_TYPED = 256
"""Characters; more are no beginning of a word or two."""
_FIRST_WORDS = 3
"""Completions of a word whose followers are looked at."""
_MIN_PHRASE = 2
"""Documents that hold two words side by side."""


def suggest(snapshot: Snapshot, typed: str, limit: int) -> list[Suggestion]:
    """Return how ``typed`` may go on, the most frequent first, at most ``limit``; a blank text goes nowhere."""
    known = KnownWords.of(snapshot)
    text = fold(typed[:MAX_TYPED]).text.lower()
    words = text.split()
    if not words or limit <= 0:
        return []
    if text[-1].isspace():
        return _shown(_following(known, words, ""), limit)
    if len(words) == 1:
        return _shown(_beginning(known, words[0], limit), limit)
    found = _shown(_following(known, words[:-1], words[-1]), limit)
    if found:
        return found
    # Nobody wrote these side by side, but the last word can be completed all the same.
    before = " ".join(words[:-1])
    return _shown(
        ((f"{before} {word}", count) for word, count in _completions(known, words[-1], limit)), limit
    )


def _completions(known: KnownWords, beginning: str, limit: int) -> list[tuple[str, int]]:
    """Return words that begin with ``beginning``, by their keys or by their first consonants."""
    consonants = typed_initials(beginning)
    if consonants:
        return known.with_initials(consonants, limit, whole=False)
    return known.completions(beginning, limit)


def _beginning(known: KnownWords, beginning: str, limit: int) -> Iterable[tuple[str, int]]:
    """Yield words that begin with ``beginning``, and pairs whose first word or first consonants do."""
    words = _completions(known, beginning, limit)
    yield from words
    consonants = typed_initials(beginning)
    for word, _ in words[:_FIRST_WORDS] if len(key_bytes(beginning)) > 1 else ():
        for following, count in known.followers.of(word):
            if count >= _MIN_PHRASE and _is_phrase(known, word, following):
                yield f"{word} {following}", count
    for size in range(2, len(consonants) - 1):
        yield from known.pairs_with_initials(consonants[:size], consonants[size:], limit)
    if not words and is_hangul(beginning):
        # 확산모 goes on as 확산 모델.
        for at in range(len(beginning) - 1, 1, -1):
            if known.is_term(beginning[:at]):
                yield from _following(known, [beginning[:at]], beginning[at:])
                return


def _following(known: KnownWords, words: list[str], beginning: str) -> Iterable[tuple[str, int]]:
    """Yield what follows the last of ``words`` in the documents and begins with ``beginning``."""
    *before, last = words
    firsts = [last]
    consonants = typed_initials(last)
    if consonants:
        firsts = [word for word, _ in known.with_initials(consonants, MAX_FIRST_WORDS, whole=True)]
    wanted, wanted_initials = key_bytes(beginning), typed_initials(beginning)
    for first in firsts:
        for following, count in known.followers.of(first):
            fits = key_bytes(following).startswith(wanted) or (
                wanted_initials and initials(following).startswith(wanted_initials)
            )
            if fits and count >= _MIN_PHRASE and _is_phrase(known, first, following):
                yield " ".join((*before, first, following)), count


def _is_phrase(known: KnownWords, first: str, following: str) -> bool:
    """Say whether two neighbours go together: a Latin word behind a Korean one mostly explains it, in brackets."""
    if is_hangul(following):
        return known.is_term(following)
    return following[0].isalpha() and len(following) > 1 and not is_hangul(first)


def _shown(found: Iterable[tuple[str, int]], limit: int) -> list[Suggestion]:
    most: dict[str, int] = {}
    for text, count in found:
        most[text] = max(count, most.get(text, 0))
    ordered = sorted(most.items(), key=lambda each: (-each[1], each[0]))
    return [Suggestion(text, count) for text, count in ordered[:limit]]
