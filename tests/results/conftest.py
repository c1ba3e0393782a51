"""Plans made by the real parser and planner, over the words of a few documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Token, WordKey
from searchkit.document import Document
from searchkit.query.parser import parse
from searchkit.query.plan import Plan
from searchkit.query.planner import plan
from searchkit.ranking.weights import QUERY_WEIGHTS
from searchkit.results.presentation import Presenter


class Words:
    """The vocabulary of an index that isn't on disk."""

    def __init__(self, analyzer: WordAnalyzer, texts: Iterable[str] = ()) -> None:
        from searchkit.analysis.words import split

        self._analyzer = analyzer
        self._known: dict[WordKey, tuple[Token, ...]] = {}
        keys = [word.key for text in texts for word in split(text)]
        self._known.update(zip(keys, analyzer.analyze(keys), strict=True))
        self._strings = {key.form for key in keys}
        self._strings.update(token.text for tokens in self._known.values() for token in tokens)

    def tokens(self, key: WordKey) -> tuple[Token, ...]:
        if key not in self._known:
            self._known[key] = self._analyzer.analyze([key])[0]
        return self._known[key]

    def expand(self, prefix: str, limit: int) -> list[str]:
        return sorted(text for text in self._strings if text.startswith(prefix))[:limit]

    def has_string(self, text: str) -> bool:
        return text in self._strings


@pytest.fixture(scope="session")
def analyzer() -> WordAnalyzer:
    return WordAnalyzer()


@pytest.fixture(scope="session")
def ask(analyzer: WordAnalyzer) -> Callable[[str, Document], tuple[Plan, Words]]:
    """Plan a query as an index of one document would."""

    def made(query: str, document: Document) -> tuple[Plan, Words]:
        labels = [label for label in document.labels if label]
        words = Words(analyzer, [document.title, *document.bullets, *labels])
        return plan(parse(query), words, QUERY_WEIGHTS).plan, words

    return made


@pytest.fixture(scope="session")
def presenter(ask: Callable[[str, Document], tuple[Plan, Words]]) -> Callable[[str, Document], Presenter]:
    def made(query: str, document: Document) -> Presenter:
        planned, words = ask(query, document)
        return Presenter(planned, words.tokens)

    return made


@pytest.fixture(scope="session")
def marked(presenter: Callable[[str, Document], Presenter]) -> Callable[..., list[str]]:
    """Return the texts that a query marks, title first."""

    def made(query: str, *bullets: str, title: str = "") -> list[str]:
        document = Document(id="x", title=title, bullets=bullets)
        hit = next(presenter(query, document).present([document]))
        found = []
        for mark in hit.highlights:
            text = title if mark.field == "title" else bullets[mark.item]
            assert 0 <= mark.start < mark.end <= len(text)
            found.append(text[mark.start : mark.end])
        return found

    return made
