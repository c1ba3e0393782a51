"""Glosses: names of one thing that a text gives side by side, 강화 학습(Reinforcement Learning, RL) or RL(강화 학습).

A name in brackets says where it ends; the one before them is cut here as far as its text tells: at signs, at words with
a particle or an ending, and at as many words as the other name has. What it can't tell, whether 심층 belongs to 심층
강화 학습(RL), is decided by `searchkit.analysis.glossary` from the evidence of many documents.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from searchkit.analysis.abbreviations import SMALL_WORDS, abbreviates, is_abbreviation
from searchkit.analysis.normalization import fold

MAX_WORDS = 6
MAX_LENGTH = 60
_MAX_HEAD = 80


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BRACKET = re.compile(r"\(([^()]{2,120})\)")
_BEFORE_BRACKET = frozenset(f"{string.ascii_letters}{string.digits}*_`'\"’”+")
"""Besides Hangul."""
_SEPARATOR = re.compile(r"\s*[,;/:|]\s+|\s*[;|]\s*|\s+(?:or|또는|혹은)\s+")
_MAYBE_SEPARATOR = re.compile(r"[,;/:|]|\s(?:or|또는|혹은)\s")
"""Without one there is no separator; looking for it is far quicker."""
_LATIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’.+-]*(?: [A-Za-z0-9&][A-Za-z0-9'’.+-]*)*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+-]*(?: [A-Za-z0-9][A-Za-z0-9+-]*)*")
"""It stays as it is."""
_HANGUL_NAME = re.compile(r"(?:[가-힣A-Za-z0-9][가-힣A-Za-z0-9·-]*)(?: [가-힣A-Za-z0-9][가-힣A-Za-z0-9·-]*)*")
_HANGUL = re.compile("[가-힣]")
_TWO_LETTERS = re.compile("[A-Za-z].*[A-Za-z]")
_MARKUP = re.compile(r"[*_`'\"‘’“”]+")
_WORD_OF_HEAD = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9·+.-]*")
_NOT_A_NAME = re.compile(
    r"(?:e\.?g\.?|i\.?e\.?|vs\.?|cf\.?|see|etc\.?|figure|fig\.?|table|section|appendix|eq\.?|version|https?|www)\b",
    re.IGNORECASE,
)
_OF_NO_NAME = re.compile(r"\b(?:et al|arxiv|github)\b", re.IGNORECASE)
_BEFORE_NO_HANGUL_NAME = _words("예 즉 이하 일명 혹은 또는 약 그림 표 총 각 등")
_ENDS_OF_NO_HANGUL_NAME = ("등", "다", "음", "함", "됨")
_PARTICLES = _words(
    """
    을 를 는 은 에 에서 에게 에서의 으로 으로의 와 와의 과의 로의 간의 적인 이라고 라고 하고 하여 하며
    되어 된 인한 위한 통한 대한 따른 관한 부터 까지 처럼 보다 마다 하기 이용한 사용한 활용한 적용한
    결합한 포함한 제안한 개발한 도입한 강력한 필요한 중요한 가능한 복잡한 다양한 기반으로
    """
)
_NO_PARTS_OF_A_NAME = _words(
    """
    또한 특히 및 또는 혹은 등 등의 같은 다른 새로운 최근 즉 각 본 그 이 수 더 가장 여러 높은 낮은 많은
    모든 통해 위해 여기서 반면 예를 들어 이룬 주는 이른바 소위 큰 새 두 세 첫 아니라 바로 그리고 하지만
    그러나 이를 최신 기존 주요 일부 중
    """
)
_MAYBE_PARTICLES = _words("의 로 과 한 할")
_NOUNS_LIKE_PARTICLES = _words(
    """
    주의 정의 의의 회의 논의 유의 임의 동의 합의 문의 강의 경로 회로 제로 마이크로 매크로 프로 선로 통로
    효과 결과 성과 통과 초과 사과 교과 제한 무한 권한 기한 유한 최대한 최소한 역할 분할
    """
)
_LONGEST_ENDING = max(map(len, _PARTICLES | _NOUNS_LIKE_PARTICLES))
_PLURAL_ABBREVIATION = re.compile(r"([A-Z0-9-]*[A-Z])s")


class Gloss(NamedTuple):
    """Two names of one thing; ``name`` may have words too many at its beginning where ``open``."""

    name: str
    other: str
    open: bool


class _Name(NamedTuple):
    """A name in a bracket; ``size`` is how many words a Korean name of the same thing has at most."""

    text: str
    is_hangul: bool
    is_short: bool
    size: int


class _Bracket(NamedTuple):
    """What stands in a bracket: its names, what they say about each other, and the largest size of one."""

    names: tuple[_Name, ...]
    within: tuple[Gloss, ...]
    size: int


class _Word(NamedTuple):
    """A word before a bracket; ``text`` is empty for what is none. No name goes on before one that ``stops``."""

    text: str
    stops: bool
    is_hangul: bool
    parts: int


def glosses(texts: Iterable[str]) -> set[Gloss]:
    """Return what ``texts``, those of one document, say about names. Never raises."""
    found: set[Gloss] = set()
    for text in texts:
        if "(" in text:
            for match in _BRACKET.finditer(text):
                end = match.start()
                if end and text[end - 1] == " ":
                    end -= 1
                if end and ("가" <= (last := text[end - 1]) <= "힣" or last in _BEFORE_BRACKET):
                    names, within, size = _bracket(match[1])
                    if names:
                        found.update(within)
                        found.update(_pairs(text, end, names, size))
    return found


@lru_cache(maxsize=1 << 14)
def _bracket(inside: str) -> _Bracket:
    """Return what a bracket says by itself; without names if that is nothing."""
    text = fold(inside).text
    parts = _SEPARATOR.split(text) if _MAYBE_SEPARATOR.search(text) else [text]
    texts = [name for part in parts if (name := _name(part))]
    if not texts or len(texts) > 3:
        return _Bracket((), (), 0)
    names = tuple([_described(name) for name in texts])
    if len(names) == 1:
        return _Bracket(names, (), names[0].size)
    within = [
        Gloss(long.text, short.text, open=False)
        for long in names
        for short in names
        if short.is_short and not long.is_short and abbreviates(short.text, long.text)
    ]
    return _Bracket(names, tuple(within), max([name.size for name in names]))


def _described(name: str) -> _Name:
    is_short = is_abbreviation(name)
    if is_short:
        size = sum([char.isupper() or char.isdigit() for char in name])
    else:
        size = len([word for word in name.lower().replace("-", " ").split() if word not in SMALL_WORDS])
    return _Name(name, _HANGUL.search(name) is not None, is_short, max(1, size))


def _name(part: str) -> str:
    """Return a part of a bracket as a name, empty if it is none."""
    text = part
    if not _PLAIN_NAME.fullmatch(text):
        text = " ".join(_MARKUP.sub(" ", part).removeprefix("이하 ").split()).strip(" .,")
    if not 2 <= len(text) <= MAX_LENGTH or text.count(" ") >= MAX_WORDS:
        return ""
    if _HANGUL.search(text):
        named = (
            _HANGUL_NAME.fullmatch(text)
            and not text.endswith(_ENDS_OF_NO_HANGUL_NAME)
            and text.partition(" ")[0] not in _BEFORE_NO_HANGUL_NAME
        )
    else:
        named = (
            _LATIN_NAME.fullmatch(text)
            and _TWO_LETTERS.search(text)
            and not _NOT_A_NAME.match(text)
            and not _OF_NO_NAME.search(text)
        )
    return _singular(text) if named else ""


def _singular(text: str) -> str:
    """Return LLM for LLMs."""
    plural = _PLURAL_ABBREVIATION.fullmatch(text)
    return plural[1] if plural else text


def _pairs(text: str, end: int, names: Sequence[_Name], limit: int) -> Iterable[Gloss]:
    """Return what the ``names`` in a bracket, of size ``limit`` at most, say about the one before it.

    That one ends at ``end``; it is as many words as a bracket's names have, up to a sign or a particle.
    """
    floor = max(0, end - _MAX_HEAD)
    space = text.rfind(" ", floor, end)
    before, _, is_hangul, size = _word(text[max(space + 1, floor) : end])
    if not before:
        return ()
    if not is_hangul:
        return _latin_pairs(_latin_run(text[floor:end]), names)
    words, enough = 1, limit
    while size < limit and space >= 0:
        end, space = space, text.rfind(" ", floor, space)
        word, stops, _, parts = _word(text[max(space + 1, floor) : end])
        if not word or word[-1] == ".":
            break
        if stops:
            # In 피드백에서의 강화 학습(RLHF) the name begins before the particle: most of it is missing.
            enough = size + 1
            break
        size += parts
        if size > limit or words == MAX_WORDS:
            break
        before = f"{word} {before}"
        words += 1
    return [
        Gloss(before, name, words > 1)
        for name, is_hangul, _, parts in names
        if not is_hangul and parts <= enough
    ]


def _latin_pairs(run: list[str], names: Iterable[_Name]) -> Iterator[Gloss]:
    """Yield what names in a bracket say about the words ``run`` before it, which have no Hangul."""
    for name in names:
        if name.is_hangul:
            if len(run) < MAX_WORDS and _TWO_LETTERS.search(run[-1]) and (len(run) > 1 or len(run[0]) > 1):
                yield Gloss(_singular(" ".join(run)), name.text, open=len(run) > 1)
        elif name.is_short:
            for size in range(1, len(run) + 1):
                if size <= MAX_WORDS and abbreviates(name.text, " ".join(run[-size:])):
                    yield Gloss(" ".join(run[-size:]), name.text, open=False)
                    break
        elif is_abbreviation(_singular(run[-1])) and abbreviates(_singular(run[-1]), name.text):
            yield Gloss(name.text, _singular(run[-1]), open=False)


def _latin_run(head: str) -> list[str]:
    """Return the words at the end of ``head`` that have no Hangul, up to a sign."""
    run: list[str] = []
    for chunk in reversed(head.rsplit(" ", MAX_WORDS)[-MAX_WORDS:]):
        word, _, is_hangul, _ = _word(chunk)
        if not word or is_hangul or (run and word[-1] == "."):
            break
        run.append(word)
    return run[::-1]


@lru_cache(maxsize=1 << 15)
def _word(chunk: str) -> _Word:
    text = chunk
    if not _WORD_OF_HEAD.fullmatch(text):
        text = _MARKUP.sub("", fold(text).text)
        if not _WORD_OF_HEAD.fullmatch(text):
            return _Word("", stops=False, is_hangul=False, parts=0)
    stops = (
        text in _NO_PARTS_OF_A_NAME
        or _ends(text, _PARTICLES)
        or (text[-1] in _MAYBE_PARTICLES and not _ends(text, _NOUNS_LIKE_PARTICLES))
    )
    return _Word(text, stops, _HANGUL.search(text) is not None, 1 + text.count("-"))


def _ends(text: str, endings: frozenset[str]) -> bool:
    return not endings.isdisjoint([text[-size:] for size in range(1, _LONGEST_ENDING + 1)])
