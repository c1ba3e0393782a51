"""The words of a query that may be read otherwise than typed, as they stand together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from searchkit.analysis.words import Word
from searchkit.query.syntax import AndOp, FieldGroup, Group, NotOp, OrOp, PhraseText, Required, Words
from searchkit.query.syntax import Node as SyntaxNode


@dataclass(frozen=True, slots=True)
class Chunk:
    """Words of a query that stand together, their numbers in it, and whether they must be there."""

    words: tuple[Word, ...]
    text: str
    numbers: frozenset[int]
    required: bool


def are_neighbours(one: Chunk, other: Chunk) -> bool:
    """Say whether ``other`` stands right behind ``one``."""
    return max(one.numbers) + 1 == min(other.numbers) and one.required == other.required


def together(chunks: Sequence[Chunk]) -> Chunk:
    """Return neighbours as one chunk."""
    return Chunk(
        tuple(word for chunk in chunks for word in chunk.words),
        " ".join(chunk.text for chunk in chunks),
        frozenset().union(*(chunk.numbers for chunk in chunks)),
        chunks[0].required,
    )


def chunks_of(root: SyntaxNode | None, match_all: bool) -> Iterator[Chunk]:
    """Yield what may have alternatives: words that are looked for in no field and without quotes."""
    count = 0

    def walk(node: SyntaxNode, required: bool, open_: bool) -> Iterator[Chunk]:
        nonlocal count
        if isinstance(node, Words | PhraseText):
            numbers = frozenset(range(count, count + len(node.words)))
            count += len(node.words)
            if isinstance(node, Words) and open_ and numbers and not node.prefix:
                yield Chunk(node.words, node.text, numbers, required)
        elif isinstance(node, NotOp | FieldGroup):
            yield from walk(node.child, required, False)
        elif isinstance(node, Required):
            yield from walk(node.child, True, open_)
        elif isinstance(node, AndOp | OrOp | Group):
            for child in node.children:
                yield from walk(child, required or isinstance(node, AndOp), open_)

    if root is not None:
        yield from walk(root, match_all, True)
