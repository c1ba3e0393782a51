"""What the ladder needs to know of the words of an index."""

from __future__ import annotations

from typing import Protocol


class KnownWords(Protocol):
    """What the ladder needs to know of the words of an index; engines serve it."""

    def frequency(self, text: str) -> int:
        """Return how many documents hold a word, a term or an identifier."""

    def base_frequency(self, text: str) -> int:
        """Return how many documents hold an analysed term."""

    def similar(self, text: str, limit: int) -> list[tuple[str, int]]:
        """Return words spelt nearly like ``text``, and how many edits away each is."""

    def with_initials(self, consonants: str, limit: int, *, whole: bool) -> list[tuple[str, int]]:
        """Return words with these first consonants, the most frequent first."""

    def pairs_with_initials(self, first: str, second: str, limit: int) -> list[tuple[str, int]]:
        """Return two words side by side with these first consonants, the most frequent first."""

    def sharing_syllables(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return words that share pairs of syllables with ``text``, and what share of them."""
