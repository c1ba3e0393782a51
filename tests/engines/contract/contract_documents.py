"""A small collection, and what any engine must count in it, told from the texts alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from searchkit import Document
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Kind, Layer, Token, WordKey
from searchkit.analysis.words import split

ANALYZER = WordAnalyzer()
WORDS = (
    "diffusion", "models", "attention", "GPT-4", "sampling", "retrieval", "agent", "benchmarks", "video", "speech",
    "the", "of", "planning",
    "확산", "모델을", "이미지", "생성에", "학습했다", "강화학습", "GPT-4의", "token-wise", "x₂",
)  # fmt: skip
SENTENCES = ("강화 학습(Reinforcement Learning, RL)을 쓴다.", "검색 증강 생성(RAG)이다.", "확산 모델을 쓴다.")
AUTHORS = ("Min Kim", "Ann Lee", "Yuna Park")


def collection(count: int = 60, seed: int = 7) -> list[Document]:
    """Return documents of a few words, so that many hold the same."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        bullets = [
            " ".join(chance.choices(WORDS, k=chance.randint(1, 7))) for _ in range(chance.randint(0, 4))
        ]
        if chance.random() < 0.3:
            bullets.append(chance.choice(SENTENCES))
        found.append(
            Document(
                id=f"2024-01-{number % 9 + 1:02}/{number:03}" if number % 3 else f"note-{number}-é/한",
                title=" ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
                if number != 5
                else "Diffusion models",
                bullets=tuple(bullets),
                labels=tuple(chance.choice(("요약", "Method", "")) for _ in bullets),
                date=None if number % 5 == 0 else f"2024-01-{number % 9 + 1:02}",
                votes=None if number % 4 == 0 else number % 13,
                authors=tuple(chance.sample(AUTHORS, chance.randint(0, 2))),
                source="papers.md",
                line=number + 1,
            )
        )
    return found


@cache
def tokens(key: WordKey) -> tuple[Token, ...]:
    return ANALYZER.analyze([key])[0]


def items(document: Document) -> list[str]:
    return [document.title, *document.bullets, *filter(None, document.labels)]


def base(text: str) -> list[str]:
    """Return the base terms of a text, in order."""
    return [token.text for word in split(text) for token in tokens(word.key) if token.kind is Kind.BASE]


def terms(document: Document, layer: Layer) -> set[str]:
    """Return the terms of a layer, those that every engine is asked for here."""
    if layer is Layer.TITLE:
        return set(base(document.title))
    if layer is Layer.BULLETS:
        return {term for text in document.bullets for term in base(text)}
    assert layer is Layer.SURFACE
    words = [word for text in items(document) for word in split(text)]
    surfaces = {token.text for word in words for token in tokens(word.key) if token.kind is Kind.SURFACE}
    return surfaces | {word.key.form for word in words}


def doc_freqs(documents: Sequence[Document], layer: Layer) -> Counter[str]:
    return Counter(term for document in documents for term in terms(document, layer))


def neighbours(document: Document) -> Iterator[tuple[str, str]]:
    """Yield base terms that follow each other within a title or a bullet."""
    for text in (document.title, *document.bullets):
        yield from pairwise(base(text))
