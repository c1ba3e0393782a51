"""Which words of an index another dictionary cuts otherwise: found by their letters, then analysed again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import UserDictionary, UserWord
from searchkit.analysis.token import Token
from searchkit.engines.whoosh.lexicon import StoredLexicon

_FIRST_SYLLABLE = ord("가")
_CODAS = 28
_INFLECTED = frozenset({"VV", "VA"})


def changed_words(
    lexicon: StoredLexicon, before: UserDictionary, analyzer: WordAnalyzer
) -> dict[int, tuple[Token, ...]]:
    """Return the words of ``lexicon``, analysed with the dictionary ``before``, that ``analyzer`` gives other tokens.

    Only words that may be affected are analysed: those that hold a word that came, went or has another tag.
    """
    candidates = affected_words(lexicon, set(before.words) ^ set(analyzer.dictionary.words))
    found = analyzer.analyze([lexicon.key(word_id) for word_id in candidates])
    return {
        word_id: tokens
        for word_id, tokens in zip(candidates, found, strict=True)
        if tokens != lexicon.tokens(word_id)
    }


def affected_words(lexicon: StoredLexicon, words: Iterable[UserWord]) -> list[int]:
    """Return the ids of the words that may be cut otherwise when ``words`` come or go, ascending."""
    patterns = sorted({_pattern(word) for word in words})
    if not patterns:
        return []
    holds = re.compile("|".join(patterns)).search
    found: list[int] = []
    for string, string_id in lexicon.iterate_strings("가".encode()):
        text = string.decode("utf-8", "surrogatepass")
        if text[0] > "힣":
            break
        if holds(text):
            found += lexicon.words_of(string_id)
    return sorted(found)


def _pattern(word: UserWord) -> str:
    """Return what a word looks like that may hold ``word``; a verb's last syllables change with its endings."""
    if word.tag not in _INFLECTED:
        return re.escape(word.form)
    *before, syllable = list(word.form[:-1])
    base = (ord(syllable) - _FIRST_SYLLABLE) // _CODAS * _CODAS + _FIRST_SYLLABLE
    return re.escape("".join(before)) + f"[{chr(base)}-{chr(base + _CODAS - 1)}]"
