"""Words of a corpus that a dictionary could mend: frequent ones that Kiwi doesn't know, or cuts to pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import MAX_WORD, Morpheme, built_in_words
from searchkit.analysis.token import Context, Layer, WordKey
from searchkit.engines.base import Snapshot
from searchkit.engines.whoosh.lexicon import StoredLexicon

MAX_FORMS = 100_000
"""So many words, the most frequent, are looked at."""
UNKNOWN = "unknown"
SHATTERED = "cut to pieces"
_AT_ONCE = 8192
_CONTENT = ("NN", "XR", "XPN", "SL", "SN", "SH")
_ODD = ("MAG", "MM", "IC", "NP", "J")
_VERBAL = ("V", "E", "XSV", "XSA", "XSM")
_DROPPED = ("J", "E", "VC", "XSV", "XSA", "XSM", "Z_CODA", "VX")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that the dictionary lacks.

    ``count`` is how many documents hold it, ``reason`` what is wrong, ``pieces`` what it is now; ``source`` and
    ``line`` are those of the document ``example``, ``form`` is how it stands there.
    """

    word: str
    count: int
    reason: str
    pieces: tuple[str, ...]
    form: str
    example: str
    source: str | None
    line: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return the word as JSON shows it."""
        return {
            "word": self.word,
            "count": self.count,
            "reason": self.reason,
            "pieces": list(self.pieces),
            "example": {"id": self.example, "form": self.form, "source": self.source, "line": self.line},
        }


def unknown_words(
    snapshot: Snapshot, analyzer: WordAnalyzer, *, min_count: int = 3, limit: int = 20
) -> list[Unknown]:
    """Return words that stand in ``min_count`` documents or more, the most frequent first.

    Forms that differ by their particles count together; a document that holds two of them counts twice.
    """
    forms = _frequent_forms(snapshot)
    known = {word.form for word in (*built_in_words(), *analyzer.dictionary.words)}
    found: dict[str, list[tuple[int, str, str, tuple[str, ...]]]] = {}
    for start in range(0, len(forms), _AT_ONCE):
        part = forms[start : start + _AT_ONCE]
        cuts = analyzer.cut([WordKey(Context.FREE, form) for form, _ in part])
        for (form, count), morphemes in zip(part, cuts):
            proposed = propose(form, morphemes)
            if proposed is not None and proposed[0] not in known:
                pieces = tuple(f"{morpheme.form}/{morpheme.tag}" for morpheme in morphemes)
                found.setdefault(proposed[0], []).append((count, form, proposed[1], pieces))
    ranked = sorted(
        ((sum(count for count, *_ in uses), word) for word, uses in found.items()),
        key=lambda item: (-item[0], item[1]),
    )
    result: list[Unknown] = []
    for count, word in ranked:
        if count < min_count or len(result) == limit:
            break
        _, form, reason, pieces = max(found[word], key=lambda use: (use[0], -len(use[1])))
        result.append(Unknown(word, count, reason, pieces, form, *_example(snapshot, form)))
    return result


def propose(form: str, morphemes: Sequence[Morpheme]) -> tuple[str, str] | None:
    """Return the noun in ``form`` that a dictionary should hold and what is wrong, None if nothing is."""
    stop = len(morphemes)
    while stop and morphemes[stop - 1].tag.startswith(_DROPPED):
        stop -= 1
    content = morphemes[:stop]
    if not content:
        return None
    end = max(morpheme.start + morpheme.length for morpheme in content)
    # A particle without a syllable of its own (디퓨저+ᆫ in 디퓨전) is no particle but a piece.
    torn = stop < len(morphemes) and _is_coda(morphemes[stop]) and content[-1].tag.startswith("NN")
    head = form[:end]
    if not 2 <= len(head) <= MAX_WORD:
        return None
    tags = [morpheme.tag for morpheme in content]
    crumbs = sum(tag in ("NNG", "NNP", "NR") and morpheme.length == 1 for tag, morpheme in zip(tags, content))
    odd = any(tag.startswith(_ODD) for tag in tags)
    for morpheme in content:
        if morpheme.unknown and morpheme.tag.startswith("NN") and morpheme.length >= 2:
            whole = odd or crumbs or "NNB" in tags
            return (head if whole else form[morpheme.start : morpheme.start + morpheme.length]), UNKNOWN
    if not tags[0].startswith(_CONTENT) or any(tag.startswith(_VERBAL) for tag in tags):
        return None
    if torn or (len(head) >= 3 and (crumbs >= 2 or (odd and crumbs))):
        return head, SHATTERED
    return None


def _is_coda(morpheme: Morpheme) -> bool:
    return (
        len(morpheme.form) == 1
        and "\u11a8" <= morpheme.form <= "\u11c2"
        and morpheme.tag.startswith(("J", "Z"))
    )


def _frequent_forms(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Return Hangul words as they are written, with the number of documents that hold each, most frequent first."""
    counts = snapshot.live_frequencies(Layer.SURFACE)
    words = _hangul(snapshot.lexicon)
    forms = [(text, int(counts[string_id])) for text, string_id in words if counts[string_id]]
    forms.sort(key=lambda item: (-item[1], item[0]))
    return forms[:MAX_FORMS]


def _hangul(lexicon: StoredLexicon) -> Iterator[tuple[str, int]]:
    for string, string_id in lexicon.iterate_strings("가".encode()):
        text = string.decode("utf-8", "surrogatepass")
        if text[0] > "힣":
            return
        if len(text) > 1 and all("가" <= char <= "힣" for char in text):
            yield text, string_id


def _example(snapshot: Snapshot, form: str) -> tuple[str, str | None, int | None]:
    """Return id, source and line of a document that holds ``form``."""
    _, handles = snapshot.sample(Layer.SURFACE, form, 1)
    for document in snapshot.documents(handles):
        return document.id, document.source, document.line
    return "", None, None
