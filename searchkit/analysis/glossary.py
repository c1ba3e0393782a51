"""The glossary: from what documents gloss, each with a count, to pairs of names, each with its evidence.

Names are told apart by a key that leaves out what varies: spaces in Korean (강화학습 is 강화 학습), plurals, case and
hyphens. A name with words too many at its beginning is cut where the shorter one is seen much more often
with the same other name: 심층 강화 학습(RL) once and 강화 학습(RL) ten times give 강화 학습.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from searchkit.analysis.dictionary import BadLine
from searchkit.analysis.english import stem
from searchkit.analysis.normalization import fold

if TYPE_CHECKING:
    from searchkit.analysis.glosses import Gloss

MAX_SPELLINGS = 3
_CUT_RATIO = 2
_PLURAL = "들"
_SHORTEST_PLURAL = 4
_HANGUL = re.compile("[가-힣]")
_LETTERS = re.compile(r"[^\W_]+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_MAX_NAME = 80
_MAX_NAMES = 32


def name_key(name: str) -> str:
    """Return what is the same for all spellings of a name; empty if it holds no letter."""
    return _joined([_word_key(word) for word in name.split()])


@lru_cache(maxsize=1 << 16)
def _word_key(word: str) -> tuple[str, bool]:
    """Return what is the same for all spellings of a word, and whether it holds Hangul."""
    text = fold(word).text.lower()
    return " ".join(map(stem, _LETTERS.findall(text))), _HANGUL.search(text) is not None


def _joined(keys: Sequence[tuple[str, bool]]) -> str:
    for _, korean in keys:
        if korean:
            whole = "".join([key for key, _ in keys]).replace(" ", "")
            return whole.removesuffix(_PLURAL) if len(whole) >= _SHORTEST_PLURAL else whole
    return keys[0][0] if len(keys) == 1 else " ".join([key for key, _ in keys if key])


class Pair(NamedTuple):
    """Two keys of names of one thing; ``documents`` is how many say so, ``certain`` that the user does."""

    first: str
    second: str
    documents: int
    certain: bool


@dataclass(frozen=True, slots=True)
class UserGlosses:
    """What a user's ``glossary.txt`` says.

    A line is ``a = b, c`` (these are names of one thing), ``a := b, c`` (a has these other names and no others),
    ``-a = b`` (they are not), or ``-a`` (a has no other names). ``#`` begins a comment.
    """

    added: tuple[tuple[str, str], ...] = ()
    removed: frozenset[frozenset[str]] = frozenset()
    alone: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> tuple[UserGlosses, tuple[BadLine, ...]]:
        """Read the lines of a file; return what they say and the lines that were skipped. Never raises."""
        added: list[tuple[str, str]] = []
        removed: set[frozenset[str]] = set()
        alone: set[str] = set()
        bad: list[BadLine] = []
        for number, line in enumerate(lines, start=1):
            text = _COMMENT.sub("", line).strip("\ufeff \t\r\n")
            if not text:
                continue
            minus = text.startswith("-")
            left, sign, right = text.removeprefix("-").partition("=")
            only = left.endswith(":") and bool(sign)
            name = " ".join(left.removesuffix(":").split() if only else left.split())
            others = [" ".join(other.split()) for other in right.split(",")] if sign else []
            problem = _problem(name, others, minus=minus, only=only, paired=bool(sign))
            if problem:
                bad.append(BadLine(number, problem))
            elif minus and sign:
                removed.update(frozenset((name_key(name), name_key(other))) for other in others)
            else:
                if minus or only:
                    alone.add(name_key(name))
                added += ((name, other) for other in others)
        return cls(tuple(added), frozenset(removed), frozenset(alone)), tuple(bad)

    def digest(self) -> str:
        """Return 16 hexadecimal digits that change with what they say."""
        said = self.added, sorted(sorted(pair) for pair in self.removed), sorted(self.alone)
        return hashlib.blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def names(self) -> list[str]:
        """Return all names that are added."""
        return list(dict.fromkeys(name for pair in self.added for name in pair))


NO_USER_GLOSSES = UserGlosses()


def _problem(name: str, others: list[str], *, minus: bool, only: bool, paired: bool) -> str | None:
    """Say what is wrong with a line, None if nothing is."""
    if minus and only:
        return "it both removes and sets names: use - or :=, not both"
    if not minus and not paired:
        return "it has no =: write a = b, or -a to leave a out"
    if len(others) > _MAX_NAMES:
        return f"it has more than {_MAX_NAMES} names: split it"
    for each in (name, *others):
        if not name_key(each):
            return "a name is empty or holds no letter: write a = b"
        if len(each) > _MAX_NAME:
            return f"{each[:40]!r}… is longer than {_MAX_NAME} characters: use the name only"
    if any(name_key(other) == name_key(name) for other in others):
        return f"{name!r} is paired with itself: leave it out"
    return None


def pairs_of(counts: Mapping[Gloss, int]) -> dict[Gloss, frozenset[str]]:
    """Return for each gloss the keys of the pair that it counts for; ``counts`` must be those of a whole collection."""
    return {gloss: frozenset((key, other_key)) for gloss, _, key, other_key, _ in _cut(counts, KnownNames())}


@dataclass(slots=True)
class Glossary:
    """All pairs of a collection, and how each name is spelled, most frequent first."""

    pairs: list[Pair] = field(default_factory=list)
    spellings: dict[str, tuple[str, ...]] = field(default_factory=dict)


def make_glossary(
    counts: Mapping[Gloss, int], user: UserGlosses, known: KnownNames | None = None
) -> Glossary:
    """Add up ``counts``, in how many documents each gloss stands, and what the user says; keys are in order.

    ``known`` are names looked at before.
    """
    evidence: dict[tuple[str, str], int] = {}
    spelled: dict[tuple[str, str], int] = {}
    limited = bool(user.alone or user.removed)
    for gloss, name, key, other_key, count in _cut(counts, known or KnownNames()):
        if not key or not other_key or key == other_key:
            continue
        pair = (key, other_key) if key < other_key else (other_key, key)
        if limited and (key in user.alone or other_key in user.alone or frozenset(pair) in user.removed):
            continue
        evidence[pair] = evidence.get(pair, 0) + count
        one, two = (key, name), (other_key, gloss.other)
        spelled[one] = spelled.get(one, 0) + count
        spelled[two] = spelled.get(two, 0) + count
    certain = set()
    for name, other in user.added:
        keys = name_key(name), name_key(other)
        pair = (min(keys), max(keys))
        certain.add(pair)
        evidence.setdefault(pair, 0)
        for key, text in zip(keys, (name, other)):
            spelled.setdefault((key, text), 0)
    forms: dict[str, list[str]] = {}
    for key, text in sorted(spelled):
        forms.setdefault(key, []).append(text)
    return Glossary(
        [Pair(*pair, evidence[pair], pair in certain) for pair in sorted(evidence)],
        {
            key: (texts[0],) if len(texts) == 1 else _best({text: spelled[key, text] for text in texts})
            for key, texts in forms.items()
        },
    )


def _best(forms: Mapping[str, int]) -> tuple[str, ...]:
    """Return the most frequent spellings, those that differ by capital letters counted as one."""
    together: dict[str, int] = {}
    shown: dict[str, tuple[int, str]] = {}
    for text, count in forms.items():
        low = text.lower()
        together[low] = together.get(low, 0) + count
        shown[low] = max(shown.get(low, (-1, "")), (count, text))
    best = sorted(together, key=lambda low: (-together[low], low))[:MAX_SPELLINGS]
    return tuple(shown[low][1] for low in best)


class _Name(NamedTuple):
    """A name cut into words: their keys, the key of all of them and that of all but the first."""

    words: list[str]
    keys: list[tuple[str, bool]]
    key: str
    second: str

    @classmethod
    def of(cls, name: str) -> _Name:
        words = name.split()
        keys = [_word_key(word) for word in words]
        return cls(words, keys, _joined(keys), _joined(keys[1:]) if len(words) > 1 else "")


class KnownNames:
    """The names of glosses, each looked at once: that may be done while glosses come."""

    def __init__(self) -> None:
        self._names: dict[str, _Name] = {}
        self._other_keys: dict[str, str] = {}

    def look_at(self, gloss: Gloss) -> tuple[_Name, str]:
        """Return the first name of a gloss, cut into words, and the key of the other one."""
        name = self._names.get(gloss.name)
        if name is None:
            name = self._names[gloss.name] = _Name.of(gloss.name)
        other_key = self._other_keys.get(gloss.other)
        if other_key is None:
            other_key = self._other_keys[gloss.other] = name_key(gloss.other)
        return name, other_key


def _cut(counts: Mapping[Gloss, int], known: KnownNames) -> Iterator[tuple[Gloss, str, str, str, int]]:
    """Yield each gloss with its first name, cut where that begins, the keys of both names and its count."""
    own: dict[tuple[str, str], int] = {}
    several: list[tuple[Gloss, _Name, str, int]] = []
    for gloss, count in counts.items():
        name, other_key = known.look_at(gloss)
        both = name.key, other_key
        own[both] = own.get(both, 0) + count
        if gloss.open and len(name.words) > 1:
            several.append((gloss, name, other_key, count))
        else:
            yield gloss, gloss.name, name.key, other_key, count
    # Most names aren't cut, for no shorter one goes with the same other name: their other endings don't matter.
    cuttable = {other_key for _, name, other_key, _ in several if (name.second, other_key) in own}
    ending: dict[tuple[str, str], int] = {}
    left: list[tuple[Gloss, list[str], list[str], str, int]] = []
    for gloss, name, other_key, count in several:
        if other_key not in cuttable:
            yield gloss, " ".join(name.words), name.key, other_key, count
            continue
        ends = [name.key, name.second, *(_joined(name.keys[start:]) for start in range(2, len(name.keys)))]
        left.append((gloss, name.words, ends, other_key, count))
        for end in ends:
            ending[end, other_key] = ending.get((end, other_key), 0) + count
    for gloss, words, ends, other_key, count in left:
        start = 0
        while start + 1 < len(words):
            if own.get((ends[start + 1], other_key), 0) < _CUT_RATIO * ending[ends[start], other_key]:
                break
            start += 1
        yield gloss, " ".join(words[start:]), ends[start], other_key, count
