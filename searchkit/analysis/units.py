"""Morphemes of a Korean word are joined and selected into the units that become its base terms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from searchkit.analysis.dictionary import Morpheme

COMPOUND_TAGS = frozenset({"NNG", "NNP"})
MIN_PART = 2
"""The fewest syllables of a part: shorter ones are found by their surface or not worth it."""

_NOUNS = frozenset({"NNG", "NNP", "NNB", "NR", "NP", "XR"})
_VERBS = frozenset({"VV", "VA", "VX", "VCN"})
_LIGHT_VERBS = frozenset({"하", "되", "시키"})
_NOUN_ENDINGS = frozenset("을를은는과와")
_AFTER_CODA = frozenset("을은과이")
_AFTER_VOWEL = frozenset("를는와가")
_SURE_PARTICLES = frozenset("을를은는의")
_LIKELY_PARTICLES = frozenset("과와이가에로도")

MAKES_VERB = "makes a verb of its noun, dropped"
_JOINED = "joined into the unit before"
_DROPPED = {
    "J": "a particle, dropped",
    "E": "an ending, dropped",
    "S": "a sign, dropped",
    "W": "not a word, dropped",
    "Z": "a stray final consonant, dropped",
    "XSN": "a suffix without a noun, dropped",
    "XSV": MAKES_VERB,
    "XSA": "makes an adjective of its noun, dropped",
    "XSM": "makes an adverb, dropped",
    "VCP": "the copula, dropped",
}


class _Tags(dict[str, tuple[str | None, str]]):
    """Of each tag why its kind is always dropped, None if it isn't, and the tag without what stands behind a hyphen."""

    def __missing__(self, full_tag: str) -> tuple[str | None, str]:
        found = self[full_tag] = _DROPPED.get(full_tag[0]), full_tag.split("-", maxsplit=1)[0]
        return found


_TAGS = _Tags()


class Part(NamedTuple):
    """A noun within a unit; ``start`` is a code point of the word."""

    text: str
    start: int
    length: int


class Unit(NamedTuple):
    """A base term in the making.

    ``start`` and ``end`` are code points of the word. ``noun`` is the one noun in it that may be a compound;
    ``parts`` are nouns that it surely holds.
    """

    text: str
    start: int
    end: int
    tag: str
    noun: Part | None = None
    parts: tuple[Part, ...] = ()


# Several times as fast as calling the classes.
_part = partial(tuple.__new__, Part)
_unit = partial(tuple.__new__, Unit)


def join_units(morphemes: Sequence[Morpheme], outcomes: list[str] | None = None) -> list[Unit]:
    """Join and select ``morphemes``; append to ``outcomes``, if given, what became of each."""
    units: list[Unit] = []
    open_prefix = False  # the last unit is a prefix that waits for its noun
    for index, morpheme in enumerate(morphemes):
        form, full_tag, start, length, _ = morpheme
        told, tag = _TAGS[full_tag]
        if told is not None:
            open_prefix = False
            if outcomes is not None:
                outcomes.append(told)
            continue
        last = units[-1] if units and length > 0 and units[-1].end == start else None
        behind_noun = last is not None and last.tag in _NOUNS
        is_last = index == len(morphemes) - 1
        waits, open_prefix = open_prefix, False
        if tag in _NOUNS:
            if is_last and behind_noun and form in _NOUN_ENDINGS:
                told = _DROPPED["J"]
            else:
                noun = _noun(morpheme, tag, is_last=is_last)
                if waits and last is not None:
                    units[-1] = _joined(last, noun)
                else:
                    units.append(noun)
        elif tag == "XPN":
            if waits and last is not None:
                units[-1] = last._replace(text=last.text + form, end=start + length)
            else:
                units.append(_unit((form, start, start + length, tag, None, ())))
            open_prefix = True
            told = "a prefix of what follows"
        elif tag == "XSN" and form == "들":
            told = "makes a plural, dropped"
        elif tag == "XSN" and behind_noun and last is not None:
            units[-1] = _suffixed(last, form, start + length)
            told = _JOINED
        elif tag == "VV" and form in _LIGHT_VERBS and behind_noun:
            told = MAKES_VERB
        elif tag == "VV" and form == "하" and last is not None and last.text == "못":
            units[-1] = _unit(("못하다", last.start, start + length, tag, None, ()))
            told = _JOINED
        else:
            told = _DROPPED.get(tag)
            if told is None:
                text = _lemma(form) if tag in _VERBS else form
                units.append(_unit((text, start, start + length, tag, None, ())))
        if outcomes is not None:
            made = units[-1].text if units else ""
            outcomes.append(f"joined into {made}" if told is _JOINED else told or f"the base term {made}")
    return units


def has_content(behind: Sequence[Morpheme]) -> bool:
    """Say whether morphemes right behind a foreign word give a term; 하다 makes a verb of that word."""
    return any(
        why_dropped(tag) is None and not (index == 0 and tag == "VV" and form in _LIGHT_VERBS)
        for index, (form, tag, _, _, _) in enumerate(behind)
    )


def why_dropped(tag: str) -> str | None:
    """Say why a morpheme with ``tag`` gives no term, None if it gives one."""
    return _DROPPED.get(tag[0]) or _DROPPED.get(tag.split("-", maxsplit=1)[0])


def _noun(morpheme: Morpheme, tag: str, *, is_last: bool) -> Unit:
    """Make a unit of a noun; one that Kiwi doesn't know may have swallowed its particle."""
    form, _, start, length, unknown = morpheme
    parts: tuple[Part, ...] = ()
    if unknown and is_last and len(form) > MIN_PART and length == len(form):
        if _ends_with(form, _SURE_PARTICLES):
            form, length = form[:-1], length - 1
        elif _ends_with(form, _LIKELY_PARTICLES):
            parts = (_part((form[:-1], start, length - 1)),)
    noun = _part((form, start, length)) if tag in COMPOUND_TAGS and length == len(form) else None
    return _unit((form, start, start + length, tag, noun, parts))


def _ends_with(form: str, particles: frozenset[str]) -> bool:
    """Say whether ``form`` ends with one of ``particles`` that fits the sound before it."""
    last = form[-1]
    if last not in particles:
        return False
    coda = (ord(form[-2]) - ord("가")) % 28 != 0
    return last not in (_AFTER_VOWEL if coda else _AFTER_CODA)


def _joined(prefix: Unit, noun: Unit) -> Unit:
    """Put ``prefix`` before ``noun``, which becomes a part."""
    parts = noun.parts
    if noun.noun is not None and noun.noun.length >= MIN_PART:
        parts = (noun.noun, *parts)
    elif noun.tag == "XR" and len(noun.text) >= MIN_PART:
        parts = (Part(noun.text, noun.start, noun.end - noun.start),)
    return Unit(prefix.text + noun.text, prefix.start, noun.end, noun.tag, noun.noun, parts)


def _suffixed(unit: Unit, suffix: str, end: int) -> Unit:
    """Put ``suffix`` behind ``unit``; if that was one noun, it becomes a part."""
    parts = unit.parts
    if not parts and unit.noun is not None and unit.noun.length >= MIN_PART:
        parts = (unit.noun,)
    return unit._replace(text=unit.text + suffix, end=end, parts=parts)


def _lemma(form: str) -> str:
    """Return the dictionary form of a verb's stem; a longer 하다-verb is its noun or root."""
    return form[:-1] if len(form) > 2 and form[-1] in "하되" else form + "다"
