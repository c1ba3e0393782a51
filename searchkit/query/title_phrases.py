"""Titles as a pivot: English phrases that titles of the best hits hold far more often than titles do, as expansion.

Where a query stands as a phrase in several documents, their titles say in English what it is about, even if nobody
glosses it. Literal queries lose nothing: a stretch of one document stands in no other.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from searchkit.analysis.english import FUNCTION_WORDS, plural, stem
from searchkit.query.plan import PhraseTerm, PhraseWord

MAX_WORDS = 3
_MAX_SPELLINGS = 3
_WORDS = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z0-9]+\Z")
_Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TitlePhraseWeights:
    """Which phrases of titles expand a query, and what they are worth.

    Titles of the best ``hits``, but no more than ``fraction`` of all documents, are read if ``documents`` of these hold
    the whole query as a phrase: among more, chance says what stands out. A phrase counts
    that ``titles`` of them hold, and that is ``lift`` times as frequent there as in all titles. It is worth
    p·log(p / background), where p is its share of the titles; the best ``phrases`` are taken, for ``title`` × idf ×
    what they are worth, at most 1. ``within``: a phrase is left out if so much of its titles hold a longer one that is
    taken. Where the glossary is as sure as ``sure``, titles need not be asked.
    """

    sure: float
    documents: int
    hits: int
    fraction: float
    titles: int
    lift: float
    phrases: int
    within: float
    title: float


class TitlePhrase(NamedTuple):
    """A phrase, how it is written (most frequent first), and what it is worth, from 0 to 1."""

    words: _Phrase
    spellings: tuple[_Phrase, ...]
    share: float


def over_represented(
    titles: Sequence[Sequence[str]],
    count: Callable[[str], int],
    documents: int,
    weights: TitlePhraseWeights,
) -> list[TitlePhrase]:
    """Return the phrases that stand out in ``titles``, the best first.

    A title is the forms of its words, in lower case. ``count`` gives how many of all titles hold a word (its
    singular), and ``documents`` is how many there are; a phrase is taken to stand in as many as its rarest word.
    """
    singulars = {form: _singulars(form) for title in titles for form in title}
    said = Counter(word for title in titles for word in {w for form in title for w in singulars[form] or ()})
    # A phrase stands in no more titles than each of its words.
    known = {
        form: _Form.of(words)
        for form, words in singulars.items()
        if words is not None and all(said[word] >= weights.titles for word in words)
    }
    found = [_phrases(title, known) for title in titles]
    held = Counter(chain.from_iterable({words for words, _ in phrases} for phrases in found))
    single: dict[str, int] = {}
    scored: list[tuple[float, _Phrase]] = []
    for words, number in held.items():
        if number < weights.titles:
            continue
        for word in words:
            if word not in single:
                single[word] = count(word)
        share = number / len(titles)
        lift = share * documents / max(min(single[word] for word in words), number)
        if lift >= weights.lift:
            scored.append((share * math.log(lift), words))
    scored.sort(key=lambda each: (-each[0], each[1]))
    best = scored[: weights.phrases]
    kept = [
        (worth, words)
        for worth, words in best
        if not any(
            len(words) < len(other) and _holds(other, words) and held[other] >= weights.within * held[words]
            for _, other in best
        )
    ]
    written: dict[_Phrase, Counter[_Phrase]] = {words: Counter() for _, words in kept}
    for words, forms in chain.from_iterable(found):
        if words in written:
            written[words][forms] += 1
    return [
        TitlePhrase(
            words, tuple(forms for forms, _ in written[words].most_common(_MAX_SPELLINGS)), min(worth, 1.0)
        )
        for worth, words in kept
    ]


def as_terms(
    phrases: Sequence[TitlePhrase], weights: TitlePhraseWeights, via: str, number: int, share: float
) -> Iterator[PhraseTerm]:
    """Yield what ``phrases`` are in a plan, as other names of the query word ``number``."""
    for each in phrases:
        written = tuple(dict.fromkeys(_written(forms) for forms in each.spellings))
        yield PhraseTerm(
            " ".join(each.words), written, weights.title * each.share * share, "title", via, number
        )


class _Form(NamedTuple):
    """The words of a form as singulars; whether a phrase may begin and end with it, and whether it tells anything."""

    words: _Phrase
    begins: bool
    ends: bool
    tells: bool

    @classmethod
    def of(cls, words: _Phrase) -> _Form:
        """Return what is known of ``words``, one or more."""
        begins, ends = words[0] not in FUNCTION_WORDS, words[-1] not in FUNCTION_WORDS
        return cls(words, begins, ends, any(len(word) > 1 and not word.isdigit() for word in words))


def _phrases(title: Sequence[str], known: Mapping[str, _Form]) -> list[tuple[_Phrase, _Phrase]]:
    """Return the phrases of a title, as singulars, and how they are written there.

    ``known`` are the forms that may stand in a phrase.
    """
    found: list[tuple[_Phrase, _Phrase]] = []
    forms = [known.get(form) for form in title]
    for start, first in enumerate(forms):
        if first is None or not first.begins:
            continue
        words: _Phrase = ()
        tells = False
        for stop in range(start, len(forms)):
            form = forms[stop]
            if form is None:
                break
            words += form.words
            if len(words) > MAX_WORDS:
                break
            tells = tells or form.tells
            if tells and form.ends:
                found.append((words, tuple(title[start : stop + 1])))
    return found


@lru_cache(maxsize=16_384)
def _singulars(form: str) -> tuple[str, ...] | None:
    """Return the words of a form as singulars, None if it has none or any isn't English."""
    if form.isascii() and form.isalpha() and form.islower():
        return (stem(form),)
    if form.isascii() and form.isalpha() and form.islower():
        return (stem(form),)
    parts = _WORDS.findall(form)
    return tuple(map(stem, parts)) if parts and all(map(_LATIN.match, parts)) else None


def _holds(longer: _Phrase, words: _Phrase) -> bool:
    return any(longer[at : at + len(words)] == words for at in range(len(longer) - len(words) + 1))


def _written(forms: _Phrase) -> tuple[PhraseWord, ...]:
    """Return a phrase whose last word may be in the singular or the plural."""
    last = stem(forms[-1])
    ends = tuple(dict.fromkeys((forms[-1], last, plural(last))))
    return (*(PhraseWord((form,)) for form in forms[:-1]), PhraseWord(ends))
