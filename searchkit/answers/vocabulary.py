"""The words of an index as the planner of queries asks for them."""

from __future__ import annotations

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Token, WordKey
from searchkit.engines.whoosh.lexicon import StoredLexicon

_MAX_CACHED = 16_384


class LexiconVocabulary:
    """Words of the lexicon need no analysis; others are analysed and never written to it. Thread-safe."""

    def __init__(self, lexicon: StoredLexicon, analyzer: WordAnalyzer) -> None:
        self._lexicon = lexicon
        self._analyzer = analyzer
        self._cache: dict[WordKey, tuple[Token, ...]] = {}

    def tokens(self, key: WordKey) -> tuple[Token, ...]:
        """Return the tokens of a word."""
        found = self._cache.get(key)
        if found is None:
            word_id = self._lexicon.word_id(key)
            found = self._lexicon.tokens(word_id) if word_id >= 0 else self._analyzer.analyze([key])[0]
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found

    def expand(self, prefix: str, limit: int) -> list[str]:
        """Return at most ``limit`` strings of the lexicon that begin with ``prefix``, in byte order."""
        return [self._lexicon.string(string_id) for string_id in self._lexicon.prefix(prefix, limit)]

    def has_string(self, text: str) -> bool:
        """Return whether a term or form is in the lexicon."""
        return self._lexicon.remembered_id(text) >= 0
