"""Korean words through Kiwi: joined nouns and stems stay, particles and endings go.

A word is analysed without its sentence, so that it is cut the same way wherever it stands. Prefixes and
suffixes are joined to their nouns (비+급여 is 비급여, 양자+화 is 양자화), verbs and adjectives get their
dictionary form (이끌다), and 하다-verbs are their noun (추론했다 is 추론).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from searchkit.analysis.dictionary import Morpheme, UserDictionary, built_in_words, pre_analysed
from searchkit.analysis.remembered import Remembered
from searchkit.analysis.token import Context, Kind, Token, WordKey
from searchkit.analysis.units import (
    COMPOUND_TAGS,
    MAKES_VERB,
    MIN_PART,
    Part,
    Unit,
    has_content,
    join_units,
    why_dropped,
)

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

_LEADS = {Context.GLUED: "A", Context.DIGIT: "1"}
_SUFFIXES = frozenset("자가인학적성화력론")
_FIELDS = attrgetter("form", "tag", "start", "len", "oov")
# Several times as fast as calling the classes.
_morpheme = partial(tuple.__new__, Morpheme)
_token = partial(tuple.__new__, Token)


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
        kiwi: Kiwi | None = None,
        remembered: int = 0,
    ) -> None:
        """Take the user's words, and words whose morphemes are ``known`` beforehand (None: our own list).

        ``kiwi`` is one of `new_kiwi` that nobody else has; None loads one with the first word. The terms of so many
        words that stand alone, and the parts of as many nouns, are ``remembered``.
        """
        self.dictionary = dictionary or UserDictionary()
        self._known = _known_without(self.dictionary) if known is None else known
        self._kiwi: Kiwi | None = None
        self._new_kiwi = kiwi
        self._lock = threading.Lock()
        self._remembered: Remembered[str, tuple[Token, ...]] = Remembered(remembered)
        self._remembered_parts: Remembered[tuple[str, str], tuple[Part, ...]] = Remembered(remembered)

    @property
    def loaded(self) -> bool:
        """Whether Kiwi is in memory."""
        return self._kiwi is not None

    def analyze(self, keys: Sequence[WordKey]) -> list[tuple[Token, ...]]:
        """Return the terms of each of ``keys``, all of them Hangul, base terms first, else in text order.

        There are none where nothing but particles and endings is left.
        """
        settled = self._settled(keys)
        alone = {key.form for key in keys if key not in settled}
        tokens = self._remembered.those(alone)
        whole: dict[str, Sequence[Morpheme]] = {}
        forms = sorted(alone - tokens.keys())
        behind = {key: morphemes for key, morphemes in settled.items() if morphemes}
        sizes = [*map(len, forms), *(len(key.form) for key in behind)]
        units = list(map(join_units, [*self._cut_texts(forms, whole), *behind.values()]))
        parts = self._parts(_nouns(units), whole)
        made = [_tokens(word, size, parts) for word, size in zip(units, sizes, strict=True)]
        new = dict(zip(forms, made))
        self._remembered.keep(new)
        tokens.update(new)
        of_settled = dict(zip(behind, made[len(forms) :], strict=True))
        return [of_settled.get(key, ()) if key in settled else tokens[key.form] for key in keys]

    def explain(self, key: WordKey) -> list[Explained]:
        """Return the morphemes of ``key`` and what became of each."""
        (morphemes,) = self.cut([key])
        outcomes: list[str] = []
        if morphemes or key.context == Context.FREE:
            join_units(morphemes, outcomes)
        else:
            # Behind its lead the word is nothing but what is dropped.
            morphemes = _behind_lead(self._cut_texts([_LEADS[key.context] + key.form], {})[0]) or ()
            outcomes = [why_dropped(morpheme.tag) or MAKES_VERB for morpheme in morphemes]
        return [
            Explained(*morpheme[:4], outcome) for morpheme, outcome in zip(morphemes, outcomes, strict=True)
        ]

    def cut(self, keys: Sequence[WordKey]) -> list[Sequence[Morpheme]]:
        """Return the morphemes of each key; none where a glued word is nothing but particles and endings."""
        settled = self._settled(keys)
        forms = sorted({key.form for key in keys if key not in settled})
        alone = dict(zip(forms, self._cut_texts(forms, {}), strict=True))
        return [settled[key] if key in settled else alone[key.form] for key in keys]

    def _settled(self, keys: Sequence[WordKey]) -> dict[WordKey, Sequence[Morpheme]]:
        """Cut those of ``keys`` that are glued behind a lead; those that it doesn't settle are cut alone."""
        glued = list(dict.fromkeys(key for key in keys if key.context))
        led = self._cut_texts([_LEADS[context] + form for context, form in glued], {})
        settled: dict[WordKey, Sequence[Morpheme]] = {}
        for key, morphemes in zip(glued, led, strict=True):
            behind = _behind_lead(morphemes)
            if behind is None:
                continue
            if not has_content(behind):
                settled[key] = ()
            elif key.context == Context.DIGIT:
                settled[key] = behind
        return settled

    def _cut_texts(
        self, texts: Sequence[str], whole: dict[str, Sequence[Morpheme]]
    ) -> list[Sequence[Morpheme]]:
        """Cut ``texts``, those that are known beforehand without Kiwi; ``whole`` gets the others."""
        known = self._known
        asked = [text for text in texts if text not in known]
        whole.update(zip(asked, self.tokenize(asked), strict=True))
        return [known[text] if text in known else whole[text] for text in texts]

    def tokenize(self, texts: Iterable[str], blocklist: list[str] | None = None) -> list[list[Morpheme]]:
        """Cut ``texts`` in one batch."""
        texts = list(texts)
        if not texts:
            return []
        kiwi = self._load()
        with self._lock:
            # A list comes back bit by bit: Kiwi's threads work on while these are taken.
            results = (
                [kiwi.tokenize(texts[0], blocklist=blocklist)]
                if len(texts) == 1
                else kiwi.tokenize(texts, blocklist=blocklist)
            )
            return [list(map(_morpheme, map(_FIELDS, result))) for result in results]

    def load(self) -> None:
        """Load Kiwi now rather than with the first word, and have it build what it needs."""
        self.tokenize(["가"])

    def _load(self) -> Kiwi:
        with self._lock:
            if self._kiwi is None:
                kiwi, self._new_kiwi = self._new_kiwi or new_kiwi(), None
                for word in self.dictionary.words:
                    kiwi.add_user_word(word.form, word.tag)
                self._kiwi = kiwi
            return self._kiwi

    def _parts(
        self, nouns: Set[tuple[str, str]], whole: Mapping[str, Sequence[Morpheme]]
    ) -> dict[tuple[str, str], tuple[Part, ...]]:
        """Find the nouns within ``nouns``, each a text and its tag, such as 생물학, 생물 and 학자 in 생물학자.

        Words of one length are split together, none of them allowed as a morpheme: none can hide in another. Of
        those in ``whole``, which says how Kiwi cuts words, only what it takes for one morpheme is cut again.
        Parts of a common noun are common nouns; else loanwords shatter (프로+세스).
        """
        known = self._remembered_parts.those(nouns)
        nouns = nouns - known.keys()
        found: dict[tuple[str, str], list[Part]] = {noun: [] for noun in nouns}
        common = sorted(
            text for text, tag in nouns if tag == "NNG" and len(text) > MIN_PART and text[-1] in _SUFFIXES
        )
        for text, cut in zip(common, self.tokenize([text[:-1] for text in common]), strict=True):
            if len(cut) == 1 and cut[0].tag == "NNG" and not cut[0].unknown:
                found[text, "NNG"].append(Part(text[:-1], 0, len(text) - 1))
        by_length: dict[int, list[str]] = {}
        for text in sorted({text for text, _ in nouns if len(text) >= 2 * MIN_PART}):
            by_length.setdefault(len(text), []).append(text)
        for texts in by_length.values():
            cuts = {text: whole[text] for text in texts if text in whole and not _is_one(whole[text], text)}
            asked = [text for text in texts if text not in cuts]
            blocked = [f"{text}/{tag}" for text in asked for tag in sorted(COMPOUND_TAGS)]
            cuts.update(zip(asked, self.tokenize(asked, blocked), strict=True))
            for text, morphemes in cuts.items():
                for tag in COMPOUND_TAGS:
                    allowed = {"NNG"} if tag == "NNG" else COMPOUND_TAGS
                    if (text, tag) in nouns and _are_parts(morphemes, allowed):
                        found[text, tag].extend(
                            Part(morpheme.form, morpheme.start, morpheme.length) for morpheme in morphemes
                        )
        new = {noun: tuple(dict.fromkeys(parts)) for noun, parts in found.items()}
        self._remembered_parts.keep(new)
        return known | new


def new_kiwi() -> Kiwi:
    """Load Kiwi with the words of our own list, before any word of the user's."""
    from kiwipiepy import Kiwi

    kiwi = Kiwi(load_typo_dict=False, load_multi_dict=False)
    for word in built_in_words():
        kiwi.add_user_word(word.form, word.tag)
    return kiwi


def _nouns(words: Iterable[list[Unit]]) -> set[tuple[str, str]]:
    """Return the nouns in ``words`` that are long enough for parts, with their tags."""
    return {
        (noun[0], tag)
        for units in words
        for _, _, _, tag, noun, _ in units
        if noun is not None and noun[2] > MIN_PART
    }


def _is_one(morphemes: Sequence[Morpheme], text: str) -> bool:
    """Say whether ``text`` is cut as one noun of the dictionary, which it isn't where that is blocked."""
    return any(morpheme.form == text and not morpheme.unknown for morpheme in morphemes)


def _are_parts(morphemes: Sequence[Morpheme], tags: Set[str]) -> bool:
    """Say whether ``morphemes`` are several nouns with ``tags``, none of them short."""
    return len(morphemes) > 1 and all(
        morpheme.tag in tags and morpheme.length >= MIN_PART for morpheme in morphemes
    )


def _known_without(dictionary: UserDictionary) -> Mapping[str, Sequence[Morpheme]]:
    """Return the words of our own list that hold none of the user's words, which would be cut otherwise."""
    users = {word.form for word in dictionary.words}
    if not users:
        return pre_analysed()
    return {
        form: morphemes
        for form, morphemes in pre_analysed().items()
        if not any(
            form[start:end] in users for start in range(len(form)) for end in range(start + 1, len(form) + 1)
        )
    }


def _behind_lead(morphemes: Sequence[Morpheme]) -> list[Morpheme] | None:
    """Take the lead, one character, off ``morphemes``; None if it is not a morpheme of its own."""
    if not morphemes or morphemes[0].length != 1 or morphemes[0].tag not in ("SL", "SN"):
        return None
    rest = [morpheme._replace(start=morpheme.start - 1) for morpheme in morphemes[1:]]
    return None if any(morpheme.start < 0 for morpheme in rest) else rest


def _tokens(
    units: list[Unit], size: int, parts: Mapping[tuple[str, str], tuple[Part, ...]]
) -> tuple[Token, ...]:
    """Make the terms of a word of ``size`` syllables."""
    tokens: list[Token] = []
    compound = False
    for text, begin, end, _, noun, sure in units:
        start = begin if begin < size else size - 1
        length = (end if end < size else size) - start
        tokens.append(_token((Kind.BASE, text, start, length if length > 1 else 1)))
        compound = compound or noun is not None or bool(sure)
    if compound:
        for _, _, _, tag, noun, sure in units:
            own = [_token((Kind.PART, *part)) for part in sure]
            if noun is not None and (within := parts.get((noun[0], tag))):
                first = noun[1]
                own += [_token((Kind.PART, text, first + start, length)) for text, start, length in within]
            if own:
                tokens += dict.fromkeys(own)
    return tuple(tokens)
