"""Known items: what somebody types who remembers a stretch of a bullet, but not its particles and spaces.

A query is three to six neighbouring content words of one bullet. Particles and endings behind nouns are dropped or
replaced by others, and in one place two words are run together or a long word is taken apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from itertools import pairwise

from searchkit.analysis.token import Kind, Token, WordKey
from searchkit.analysis.words import Word, split
from searchkit.document import Document

MOST_WORDS, FEWEST_WORDS = 6, 3
_BEHIND_VOWEL = ("", "", "를", "는", "가", "와", "로", "의", "에서")
_BEHIND_CODA = ("", "", "을", "은", "이", "과", "으로", "의", "에서")
_LONG = 5
_CODAS = 28


def known_items(
    documents: Iterable[Document],
    tokens: Callable[[WordKey], tuple[Token, ...]],
    *,
    count: int,
    seed: int,
) -> list[tuple[str, str]]:
    """Return ``count`` queries, each with the id of its document; ``tokens`` gives the terms of a word."""
    draw = random.Random(seed)
    pool = sorted((document for document in documents if document.bullets), key=lambda each: each.id)
    queries: list[tuple[str, str]] = []
    while len(queries) < count:
        document = draw.choice(pool)
        words = [
            (word, tokens(word.key))
            for word in split(draw.choice(document.bullets))
            if "/" not in word.key.form
        ]
        runs = _content_runs(words)
        size = draw.randint(FEWEST_WORDS, MOST_WORDS)
        runs = [run for run in runs if len(run) >= size]
        if not runs:
            continue
        run = draw.choice(runs)
        first = draw.randrange(len(run) - size + 1)
        typed = [_retyped(word, found, draw) for word, found in run[first : first + size]]
        queries.append((" ".join(_respaced(typed, draw)), document.id))
    return queries


def _content_runs(words: list[tuple[Word, tuple[Token, ...]]]) -> list[list[tuple[Word, tuple[Token, ...]]]]:
    """Cut a bullet's words at signs; words that are only particles are left out."""
    runs: list[list[tuple[Word, tuple[Token, ...]]]] = [[]]
    for word, found in words:
        if any(token.kind is Kind.BASE for token in found):
            runs[-1].append((word, found))
    return runs


def _retyped(word: Word, found: tuple[Token, ...], draw: random.Random) -> str:
    """Return a word with another particle, or none."""
    form = word.key.form
    if not "가" <= form[0] <= "힣":
        return form
    base = [token for token in found if token.kind is Kind.BASE]
    end = max(token.start + token.length for token in base)
    if base[-1].text.endswith("다") or (form[end:] and not form.startswith(base[0].text)):
        return form
    stem = form[:end]
    coda = (ord(stem[-1]) - ord("가")) % _CODAS
    return stem + draw.choice(_BEHIND_CODA if coda else _BEHIND_VOWEL)


def _respaced(typed: list[str], draw: random.Random) -> list[str]:
    """Run two Hangul neighbours together, or take a long word apart, in one place."""
    joins = [at for at, (one, other) in enumerate(pairwise(typed)) if _hangul(one) and _hangul(other)]
    cuts = [at for at, word in enumerate(typed) if _hangul(word) and len(word) >= _LONG]
    if cuts and (not joins or draw.random() < 0.5):
        at = draw.choice(cuts)
        return [*typed[:at], typed[at][:2], typed[at][2:], *typed[at + 1 :]]
    if joins:
        at = draw.choice(joins)
        return [*typed[:at], typed[at] + typed[at + 1], *typed[at + 2 :]]
    return typed


def _hangul(text: str) -> bool:
    return "가" <= text[0] <= "힣"
