"""The terms that a text gives, why, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from searchkit.analysis.analyzer import WordAnalyzer, analyze_text, is_hangul
from searchkit.analysis.korean import Explained
from searchkit.analysis.token import Kind, Token


@dataclass(frozen=True, slots=True)
class AnalyzedTerm:
    """A term that gets indexed.

    ``kind`` is "base", "part", "identifier" or "surface". ``start`` and ``end`` are code points of the text
    (half-open), ``word`` is the word as it stands there, ``reason`` says how the term came about and what
    was dropped of the word.
    """

    text: str
    kind: str
    start: int
    end: int
    word: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the term as JSON shows it."""
        return {
            "text": self.text,
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "word": self.word,
            "reason": self.reason,
        }


def analyzed_terms(text: str, analyzer: WordAnalyzer) -> list[AnalyzedTerm]:
    """Return the terms of ``text``, word by word; the word as it is written comes last."""
    terms: list[AnalyzedTerm] = []
    for word, tokens, spans in analyze_text(text, analyzer):
        form = word.key.form
        written = text[word.start : word.end]
        morphemes = analyzer.explain(word.key) if is_hangul(form) else []
        terms.extend(
            AnalyzedTerm(token.text, token.kind.name.lower(), *span, written, _reason(token, form, morphemes))
            for token, span in zip(tokens, spans, strict=True)
        )
        dropped = [
            f"{part.form}/{part.tag}: {part.outcome}" for part in morphemes if "dropped" in part.outcome
        ]
        reason = "; ".join(["the word as it is written", *dropped])
        terms.append(AnalyzedTerm(form, "surface", word.start, word.end, written, reason))
    return terms


def _reason(token: Token, form: str, morphemes: Sequence[Explained]) -> str:
    whole = token.start == 0 and token.length == len(form)
    if token.kind is Kind.IDENTIFIER:
        return "the identifier as a whole" if whole else f"an identifier within {form}"
    if token.kind is Kind.PART:
        return f"a part of {form[token.start : token.start + token.length] if whole else form}"
    if token.kind is Kind.SURFACE:
        return f"a piece of {form} as it is written"
    end = token.start + token.length
    made_of = [
        f"{part.form}/{part.tag}"
        for part in morphemes
        if token.start <= part.start < end and "dropped" not in part.outcome
    ]
    if made_of:
        return " + ".join(made_of)
    if not whole:
        return f"a piece of {form}"
    return "the word" if token.text == form else f"the singular of {form}"
