"""Korean words through Kiwi: joined nouns and stems stay, particles and endings go.

A word is analysed without its sentence, so that it is cut the same way wherever it stands. Prefixes and suffixes are
joined to their nouns (비+급여 is 비급여, 양자+화 is 양자화), verbs and adjectives get their dictionary form (이끌다), and
하다-verbs are their noun (추론했다 is 추론).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from searchkit.analysis.dictionary import Morpheme, UserDictionary, built_in_words, pre_analysed
from searchkit.analysis.token import Context, Kind, Token, WordKey

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

_NOUNS = frozenset({"NNG", "NNP", "NNB", "NR", "NP", "XR"})
_COMPOUNDS = frozenset({"NNG", "NNP"})
_VERBS = frozenset({"VV", "VA", "VX", "VCN"})
_MISTAGGED_PARTICLES = frozenset("을를은는과와")
_LIGHT_VERBS = frozenset({"하", "되", "시키"})
_MIN_COMPOUND = 4
_MIN_PART = 2

_DROPPED = {
    "J": "a particle, dropped",
    "E": "an ending, dropped",
    "S": "a sign, dropped",
    "XSN": "a suffix without a noun, dropped",
    "XSV": "makes a verb of its noun, dropped",
    "XSA": "makes an adjective of its noun, dropped",
    "XSM": "makes an adverb, dropped",
    "VCP": "the copula, dropped",
    "Z": "a stray final consonant, dropped",
    "W": "not a word, dropped",
}


class Unit(NamedTuple):
    """A base term in the making: the text, the place in the word, and the nouns it is joined of, as (text, start, length)."""

    text: str
    start: int
    end: int
    tag: str
    stems: tuple[tuple[str, int, int], ...]
    joined: bool


class Explained(NamedTuple):
    """A morpheme of a word and what became of it."""

    form: str
    tag: str
    start: int
    length: int
    outcome: str


class KoreanAnalyzer:
    """Analyses Hangul words; loads Kiwi when the first word comes, once, whatever the thread."""

    def __init__(
        self,
        dictionary: UserDictionary | None = None,
        *,
        known: Mapping[str, Sequence[Morpheme]] | None = None,
    ) -> None:
        """Take the user's words, and the words whose morphemes are ``known`` beforehand: by default our own list."""
        self.dictionary = dictionary or UserDictionary()
        self._known = pre_analysed() if known is None else known
        self._kiwi: Kiwi | None = None
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether Kiwi is in memory."""
        return self._kiwi is not None

    def analyze(self, keys: Sequence[WordKey]) -> list[tuple[Token, ...]]:
        """Return the terms of each of ``keys``, all of them Hangul; empty where nothing but particles and endings is left."""
        cuts = self.cut(keys)
        units = [join_units(morphemes) for morphemes in cuts]
        compounds = {
            unit.text for word in units for unit in word if unit.tag in _COMPOUNDS and _may_split(unit)
        }
        parts = self._parts(compounds)
        return [_tokens(word, len(key.form), parts) for key, word in zip(keys, units, strict=True)]

    def explain(self, key: WordKey) -> list[Explained]:
        """Return the morphemes of ``key`` and what became of each."""
        (morphemes,) = self.cut([key])
        if not morphemes and key.context is not Context.FREE:
            return [Explained(key.form, "J", 0, len(key.form), "a particle or an ending, dropped")]
        outcomes: list[str] = []
        join_units(morphemes, outcomes)
        return [Explained(*morpheme, outcome) for morpheme, outcome in zip(morphemes, outcomes, strict=True)]

    def cut(self, keys: Sequence[WordKey]) -> list[Sequence[Morpheme]]:
        """Return the morphemes of each key; none where a glued word is nothing but particles and endings."""
        known = self._known
        texts: dict[str, None] = {}
        for context, form in keys:
            texts.setdefault(form, None)
            if context is not Context.FREE:
                texts.setdefault(_LEADS[context] + form, None)
        cuts: dict[str, Sequence[Morpheme]] = {text: known[text] for text in texts if text in known}
        unknown = [text for text in texts if text not in known]
        cuts.update(zip(unknown, self.tokenize(unknown), strict=True))
        result: list[Sequence[Morpheme]] = []
        for context, form in keys:
            behind = None
            if context is not Context.FREE:
                behind = _behind_lead(cuts[_LEADS[context] + form])
                if behind is not None and not _has_content(behind):
                    result.append(())
                    continue
                if context is Context.GLUED:
                    behind = None
            result.append(cuts[form] if behind is None else behind)
        return result

    def tokenize(self, texts: Iterable[str], blocklist: list[str] | None = None) -> list[list[Morpheme]]:
        """Cut ``texts`` in one batch."""
        texts = list(texts)
        if not texts:
            return []
        kiwi = self._load()
        with self._lock:
            if len(texts) == 1:
                results = [kiwi.tokenize(texts[0], blocklist=blocklist)]
            else:
                results = list(kiwi.tokenize(texts, blocklist=blocklist))
        return [
            [Morpheme(token.form, token.tag, token.start, token.len) for token in result]
            for result in results
        ]

    def _load(self) -> Kiwi:
        with self._lock:
            if self._kiwi is None:
                from kiwipiepy import Kiwi

                kiwi = Kiwi(load_typo_dict=False, load_multi_dict=False)
                for word in (*built_in_words(), *self.dictionary.words):
                    kiwi.add_user_word(word.form, word.tag)
                self._kiwi = kiwi
            return self._kiwi

    def _parts(self, compounds: set[str]) -> dict[str, tuple[tuple[int, int], ...]]:
        """Split nouns that the dictionary holds whole; return the places of their parts.

        Words of one length are split together, none of them allowed as a morpheme: so none can hide in another.
        """
        parts: dict[str, tuple[tuple[int, int], ...]] = {}
        for length in sorted({len(noun) for noun in compounds}):
            nouns = sorted(noun for noun in compounds if len(noun) == length)
            blocked = [f"{noun}/{tag}" for noun in nouns for tag in sorted(_COMPOUNDS)]
            for noun, morphemes in zip(nouns, self.tokenize(nouns, blocked), strict=True):
                if len(morphemes) > 1 and all(
                    morpheme.tag in _COMPOUNDS and morpheme.length >= _MIN_PART for morpheme in morphemes
                ):
                    parts[noun] = tuple((morpheme.start, morpheme.length) for morpheme in morphemes)
        return parts


_LEADS = {Context.GLUED: "A", Context.DIGIT: "1"}


def _behind_lead(morphemes: Sequence[Morpheme]) -> list[Morpheme] | None:
    """Take the lead, one character, off ``morphemes``; None if it is not a morpheme of its own."""
    if (
        not morphemes
        or morphemes[0].start != 0
        or morphemes[0].length != 1
        or morphemes[0].tag not in ("SL", "SN")
    ):
        return None
    rest = [morpheme._replace(start=morpheme.start - 1) for morpheme in morphemes[1:]]
    return None if any(morpheme.start < 0 for morpheme in rest) else rest


def _has_content(behind: Sequence[Morpheme]) -> bool:
    """Say whether one of the morphemes behind a lead gives a term; 하다 and the like make a verb of the lead."""
    return any(
        _outcome(morpheme.tag) is None and not (index == 0 and _is_light_verb(morpheme))
        for index, morpheme in enumerate(behind)
    )


def _is_light_verb(morpheme: Morpheme) -> bool:
    return morpheme.tag == "VV" and morpheme.form in _LIGHT_VERBS


def _outcome(tag: str) -> str | None:
    """Say why a morpheme with ``tag`` is dropped, None if it is not."""
    return _DROPPED.get(tag[0]) or _DROPPED.get(tag.split("-", maxsplit=1)[0])


def _lemma(form: str) -> str:
    """Return the dictionary form of a verb's stem; 하다-verbs of two syllables or more before 하 are their noun."""
    return form[:-1] if len(form) > 2 and form[-1] in "하되" else form + "다"


def _may_split(unit: Unit) -> bool:
    return len(unit.stems) == 1 and unit.stems[0][2] >= _MIN_COMPOUND


def join_units(morphemes: Sequence[Morpheme], outcomes: list[str] | None = None) -> list[Unit]:
    """Join and select ``morphemes``; tell what became of each in ``outcomes`` if asked to."""
    units: list[Unit] = []
    open_prefix = False  # the last unit is a prefix that waits for its noun
    for index, (form, full_tag, start, length) in enumerate(morphemes):
        tag = full_tag.split("-")[0]
        end = start + length
        last = units[-1] if units else None
        touching = last is not None and last.end == start and length > 0
        told: str
        if tag in _NOUNS:
            stem = (form, start, length)
            if (
                form in _MISTAGGED_PARTICLES
                and index == len(morphemes) - 1
                and touching
                and last is not None
                and last.tag in _NOUNS
            ):
                told = "a particle, dropped"
            elif open_prefix and touching and last is not None:
                units[-1] = Unit(last.text + form, last.start, end, tag, (stem,), True)
                told = f"joined into {last.text + form}"
            else:
                units.append(Unit(form, start, end, tag, (stem,), False))
                told = "a base term"
            open_prefix = False
        elif tag == "XSN" and form != "들" and touching and last is not None and last.tag in _NOUNS:
            units[-1] = last._replace(text=last.text + form, end=end, joined=True)
            told = f"joined into {last.text + form}"
        elif tag == "XPN":
            if open_prefix and touching and last is not None:
                units[-1] = last._replace(text=last.text + form, end=end)
            else:
                units.append(Unit(form, start, end, tag, (), False))
            open_prefix = True
            told = "a prefix"
        elif tag == "XSN" and form == "들":
            told = "makes a plural, dropped"
        elif tag == "VV" and form in _LIGHT_VERBS and touching and last is not None and last.tag in _NOUNS:
            told = _DROPPED["XSV"]
        elif tag == "VV" and form == "하" and touching and last is not None and last.text == "못":
            units[-1] = Unit("못하다", last.start, end, tag, (), False)
            told = "joined into 못하다"
        elif reason := _outcome(full_tag):
            open_prefix = False
            told = reason
        else:
            text = _lemma(form) if tag in _VERBS else form
            units.append(Unit(text, start, end, tag, (), False))
            open_prefix = False
            told = f"a base term, {text}"
        if outcomes is not None:
            outcomes.append(told)
    return units


def _tokens(units: list[Unit], size: int, parts: dict[str, tuple[tuple[int, int], ...]]) -> tuple[Token, ...]:
    """Make the terms of a word of ``size`` syllables."""
    tokens: list[Token] = []
    for unit in units:
        start = min(unit.start, size - 1)
        tokens.append(Token(Kind.BASE, unit.text, start, max(min(unit.end, size) - start, 1)))
    for unit in units:
        for text, start, length in unit.stems:
            if unit.joined and length >= _MIN_PART and text != unit.text:
                tokens.append(Token(Kind.PART, text, start, length))
            tokens.extend(
                Token(Kind.PART, text[at : at + count], start + at, count)
                for at, count in parts.get(text, ())
            )
    return tuple(tokens)
