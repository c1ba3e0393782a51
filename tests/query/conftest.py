"""The vocabulary of a small index: real analysis, and the strings of a few documents."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Token, WordKey
from searchkit.analysis.words import split
from searchkit.query.parser import parse
from searchkit.query.planner import Planned, plan
from searchkit.ranking.weights import QUERY_WEIGHTS

TEXTS = [
    "확산 모델을 확산시키는 확산모델 이미지를 생성한다",
    "GPT-4 GPT-4o의 text-to-image diffusion diffusion-based Diffusers 대규모 언어 모델(LLM)이",
]


class TextVocabulary:
    """Serves a planner from the words of some texts, as an engine does from its lexicon."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._analyzer = WordAnalyzer()
        self._tokens: dict[WordKey, tuple[Token, ...]] = {}
        keys = list(dict.fromkeys(word.key for text in texts for word in split(text)))
        self._strings = {key.form for key in keys} | {
            token.text for tokens in self._analyzer.analyze(keys) for token in tokens
        }

    def tokens(self, key: WordKey) -> tuple[Token, ...]:
        if key not in self._tokens:
            self._tokens[key] = self._analyzer.analyze([key])[0]
        return self._tokens[key]

    def expand(self, prefix: str, limit: int) -> list[str]:
        return sorted(text for text in self._strings if text.startswith(prefix))[:limit]

    def has_string(self, text: str) -> bool:
        return text in self._strings

    def add(self, strings: Iterable[str]) -> None:
        self._strings.update(strings)


@pytest.fixture(scope="session")
def vocabulary() -> TextVocabulary:
    return TextVocabulary(TEXTS)


@pytest.fixture(scope="session")
def planned(vocabulary):
    def planned(query: str, *, strict: bool = False, **options) -> Planned:
        return plan(parse(query, strict=strict), vocabulary, QUERY_WEIGHTS, **options)

    return planned
