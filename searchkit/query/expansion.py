"""Expansion: what a query names is looked for by its other names as well, in either language, as whole phrases.

Other names come from the glossary, and where that says little, from the titles of documents that hold the whole query
(see `title_phrases`). The longest names of a query win: in 대규모 언어 모델 양자화 neither 언어 모델 nor
모델 is translated. Quoted words, words of fields and words that must not be there stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import chain, product
from typing import NamedTuple

from searchkit.analysis.abbreviations import is_abbreviation
from searchkit.analysis.english import plural, stem
from searchkit.analysis.glossary import name_key
from searchkit.analysis.token import Kind
from searchkit.analysis.words import Word, split
from searchkit.query.alternatives import Alternative
from searchkit.query.chunks import Chunk, are_neighbours, chunks_of
from searchkit.query.names import is_like, kind_of, saying_more
from searchkit.query.plan import Node, Or, PhraseTerm, PhraseWord
from searchkit.query.syntax import Group, Parsed, Words
from searchkit.query.terms import Vocabulary
from searchkit.query.title_phrases import TitlePhrase, TitlePhraseWeights, as_terms

VIA = "glossary"
MAX_NAME_WORDS = 6
MAX_WORDS = 32
"""A query with more words is not expanded: it is a pasted text, no name."""
_ENOUGH = 2
"""So many documents must give a name that stands for a part of a query only."""
_MAX_OTHERS = {"korean": 2, "english": 3, "short": 2}
_MAX_SPELLINGS = 12
_CACHED = 4_096
_MAX_PARTS = 5
_MAX_WEIGHED = 24
_MAX_USUAL = 8
_HANGUL = re.compile("[가-힣]")
_LETTERS = re.compile(r"[^\W_]+")
_Other = tuple[tuple[str, ...], float]
_key_of = lru_cache(maxsize=_CACHED)(name_key)


class Translation(NamedTuple):
    """Another name of something: how it is spelled, most frequent first, in how many documents, and if by the user."""

    spellings: tuple[str, ...]
    documents: int
    certain: bool


@dataclass(frozen=True, slots=True)
class ExpansionWeights:
    """What another name is worth where it stands anywhere and, besides, in a title; times its idf and its evidence.

    ``translated`` takes the place of ``title`` where the query is Korean and the name is not: titles are English, so
    that nothing else of the query can score there; ``short`` is multiplied if it is an abbreviation. ``part`` is
    multiplied where the name is only a part of the query; one document is no evidence then. ``doubt`` is what
    evidence is measured against: n documents count n / (n + ``doubt``). A name is left out if less than ``rare`` times
    as many documents hold it as hold what it stands for, or if its evidence is below ``least``; a
    Korean one that one document gives for an English one also if less than ``general`` times as many hold the English
    one. ``titles`` is for phrases of titles.
    """

    anywhere: float
    title: float
    translated: float
    short: float
    part: float
    doubt: float
    rare: float
    general: float
    least: float
    titles: TitlePhraseWeights


class Expander:
    """Finds other names. Thread-safe.

    ``translations`` gives those of a key that so many documents give, or the user, those with most evidence first;
    ``documents`` how many documents hold a term.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        translations: Callable[[str, int], Sequence[Translation]],
        documents: Callable[[str], int],
        weights: ExpansionWeights,
    ) -> None:
        self._documents = documents
        self._vocabulary = vocabulary
        self._translations = translations
        self._weights = weights
        self._known: dict[tuple[str, ...], tuple[tuple[PhraseWord, ...], ...]] = {}
        self._others_of: dict[tuple[str, int, int], list[_Other]] = {}
        self._long_of: dict[str, dict[str, _Other]] = {}

    def alternatives(self, parsed: Parsed) -> list[Alternative]:
        """Return the other names of what a query names."""
        chunks = list(chunks_of(parsed.node, False))
        if sum(len(chunk.words) for chunk in chunks) > MAX_WORDS:
            return []
        runs = [
            [(number, word) for number, word in run if self._vocabulary.tokens(word.key)]
            for run in _runs(chunks)
        ]
        count = sum(map(len, runs))
        return [
            self._alternative(words[start:stop], others, whole=stop - start == count)
            for words in runs
            for start, stop, others in self._named(words, count)
        ]

    def whole(
        self, parsed: Parsed, worth: Callable[[str, int], bool], cut: Callable[[str], Sequence[str]]
    ) -> PhraseTerm | None:
        """Return a Korean query as one phrase, spaced as typed or otherwise; None if it is more, or another language.

        It is None as well where ``worth`` says so of what was typed and the number of its first word. ``cut`` takes a
        word apart into words of the index; it returns none where there is no need.
        """
        node = parsed.node
        parts = node.children if isinstance(node, Group) else (node,)
        if not all(isinstance(part, Words) for part in parts):
            return None
        runs = _runs(list(chunks_of(node, False)))
        words = [each for each in runs[0] if self._vocabulary.tokens(each[1].key)] if len(runs) == 1 else []
        if not 0 < len(words) <= MAX_NAME_WORDS:
            return None
        forms = [word.key.form for _, word in words]
        forms[-1] = self._without_particle(words[-1][1])
        if not any(map(_HANGUL.search, forms)):
            return None
        spaced, number = " ".join(forms), words[0][0]
        if not worth(spaced, number):
            return None
        base = [[t.text for t in self._vocabulary.tokens(w.key) if t.kind is Kind.BASE] for _, w in words]
        phrases = [
            (*(PhraseWord((form,)) for form in forms[:-1]), PhraseWord((forms[-1],), True, tuple(base[-1])))
        ]
        if all(map(_HANGUL.match, forms)):
            joined = "".join(forms)
            bases = dict.fromkeys(((joined,), tuple(chain.from_iterable(base))))
            phrases += [(PhraseWord((joined,), True, terms),) for terms in bases]
            if pieces := cut(joined):
                last = PhraseWord((pieces[-1],), True, (pieces[-1],))
                phrases.append((*(PhraseWord((piece,)) for piece in pieces[:-1]), last))
        return PhraseTerm(spaced, tuple(dict.fromkeys(phrases)), 1.0, None, VIA, number)

    def by_titles(self, whole: PhraseTerm, phrases: Sequence[TitlePhrase], known: float) -> Alternative:
        """Return what titles call a query, for less where the glossary is ``known`` to say it (0 to 1)."""
        nodes = tuple(as_terms(phrases, self._weights.titles, VIA, whole.word, 1.0 - known))
        texts = tuple(node.text for node in nodes)
        return Alternative(frozenset((whole.word,)), Or(nodes), VIA, whole.text, texts)

    def known(self, alternatives: Sequence[Alternative], number: int) -> float:
        """Return how sure the best other name of the query from word ``number`` on is that titles may hold, else 0."""
        sure = 0.0
        for each in alternatives:
            if number in each.words and isinstance(each.node, Or):
                for node in each.node.children:
                    if isinstance(node, PhraseTerm) and node.field == "title":
                        sure = max(sure, node.weight / self._weights.translated)
        return min(sure, 1.0)

    def _alternative(
        self, words: Sequence[tuple[int, Word]], others: Sequence[_Other], *, whole: bool
    ) -> Alternative:
        """Return ``others`` as what may stand for ``words``."""
        share = 1.0 if whole else self._weights.part
        korean = any(_HANGUL.search(word.key.form) for _, word in words)
        numbers = frozenset(range(words[0][0], words[-1][0] + 1))
        nodes = tuple(
            node
            for spellings, evidence in others
            for node in self._nodes(spellings, evidence * share, words[0][0], korean=korean)
        )
        typed = " ".join(word.key.form for _, word in words)
        return Alternative(numbers, Or(nodes), VIA, typed, tuple(spellings[0] for spellings, _ in others))

    def _named(
        self, words: Sequence[tuple[int, Word]], count: int
    ) -> Iterator[tuple[int, int, list[_Other]]]:
        """Yield the places of names, the longest first and none within another, with their other names."""
        taken = [False] * len(words)
        for size in range(min(len(words), MAX_NAME_WORDS), 0, -1):
            for start in range(len(words) - size + 1):
                if any(taken[start : start + size]):
                    continue
                others = self._others(
                    [word for _, word in words[start : start + size]], 1 if size == count else _ENOUGH
                )
                if others:
                    taken[start : start + size] = [True] * size
                    yield start, start + size, others

    def _others(self, words: Sequence[Word], least: int) -> list[_Other]:
        """Return the other names of what ``words`` name that ``least`` documents give, with how sure that is."""
        before = " ".join(word.key.form for word in words[:-1])
        for last in dict.fromkeys((self._without_particle(words[-1]), words[-1].key.form)):
            key = name_key(f"{before} {last}")
            direct = self._translations(key, least)
            if direct:
                most = self._at_most(_telling(self._vocabulary, words))
                found = self._others_of.get((key, least, most))
                if found is None:
                    if len(self._others_of) >= _CACHED:
                        self._others_of.clear()
                    found = self._others_of[key, least, most] = self._weighed(key, direct, most)
                return found
        return []

    def _without_particle(self, word: Word) -> str:
        form = word.key.form
        base = [token for token in self._vocabulary.tokens(word.key) if token.kind is Kind.BASE]
        if not base or not _HANGUL.search(form):
            return form
        return form[base[0].start : base[-1].start + base[-1].length] or form

    def _at_most(self, texts: Sequence[str]) -> int:
        """Return how many documents hold all of some terms, at most."""
        return min((self._documents(text) for text in texts), default=0)

    def _is_odd(self, other: str, usual: Sequence[str], frequency: int, *, korean: bool) -> bool:
        """Say whether an other name is a slip, most often: nothing like the usual ones, or said far less often.

        What one document calls an English name in Korean is one if it is said far more often: 모델 is not Mamba.
        """
        if usual and not is_like(other, usual):
            return True
        words = split(other)
        if not all(self._vocabulary.has_string(word.key.form) for word in words):
            return False
        held = self._at_most(_telling(self._vocabulary, words))
        if korean or kind_of(other) != "korean":
            return held < self._weights.rare * frequency
        return other not in usual and frequency < self._weights.general * held

    def _weighed(self, key: str, direct: Sequence[Translation], frequency: int) -> list[_Other]:
        certain = {each.spellings[0] for each in direct if each.certain}
        korean = _HANGUL.search(key) is not None
        found = self._evidence(key, direct)
        for spellings, evidence in list(found.values()):
            # What a name is short for is often said elsewhere: 강화 학습(RL), and Reinforcement Learning (RL).
            if is_abbreviation(spellings[0]):
                for other, (names, more) in self._long_for(_key_of(spellings[0])).items():
                    if other != key and found.get(other, ((), 0.0))[1] < more * evidence:
                        found[other] = names, more * evidence
        kept: list[_Other] = []
        left = dict(_MAX_OTHERS)
        usual = [each.spellings[0] for each in direct if each.certain or each.documents >= _ENOUGH][
            :_MAX_USUAL
        ]
        best = sorted(found.values(), key=lambda each: (-each[1], each[0]))[:_MAX_WEIGHED]
        best = [
            (names, sure)
            for names, sure in best
            if names[0] in certain or not self._is_odd(names[0], usual, frequency, korean=korean)
        ]
        if any(map(str.isdigit, key)):
            # GPT-4 is a language model, but the language model is not GPT-4.
            best = [
                (names, sure) for names, sure in best if names[0] in certain or kind_of(names[0]) != "korean"
            ]
        longer = saying_more([names[0] for names, _ in best if names[0] not in certain])
        for spellings, evidence in best:
            kind = kind_of(spellings[0])
            if evidence >= self._weights.least and left[kind] and spellings[0] not in longer:
                left[kind] -= 1
                kept.append((spellings, evidence))
        return kept

    def _long_for(self, short: str) -> dict[str, _Other]:
        """Return what an abbreviation is short for, by how sure that is."""
        found = self._long_of.get(short)
        if found is None:
            # Where several documents say what SFT is short for, one that says otherwise means something else.
            sure = self._english(short, _ENOUGH) or self._english(short, 1)
            if len(self._long_of) >= _CACHED:
                self._long_of.clear()
            found = self._long_of[short] = self._evidence(short, sure)
        return found

    def _english(self, key: str, least: int) -> list[Translation]:
        return [each for each in self._translations(key, least) if kind_of(each.spellings[0]) == "english"]

    def _evidence(self, key: str, others: Sequence[Translation]) -> dict[str, _Other]:
        """Return how sure each other name is: its share among those of its kind, less where few documents say so.

        Of those that are too many only the surest are returned.
        """
        kinds: dict[str, list[Translation]] = {}
        for each in others:
            kinds.setdefault(kind_of(each.spellings[0]), []).append(each)
        found: dict[str, _Other] = {}
        for same in kinds.values():
            most = max(sum(each.documents for each in same), 1)
            for each in _surest(same):
                other = _key_of(each.spellings[0])
                if other == key:
                    continue
                count = each.documents
                sure = (count / most) ** 0.5 * count / (count + self._weights.doubt)
                found[other] = each.spellings, 1.0 if each.certain else sure
        return found

    def _nodes(
        self, spellings: tuple[str, ...], share: float, number: int, *, korean: bool
    ) -> Iterator[Node]:
        phrases = self._known.get(spellings)
        if phrases is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            written = dict.fromkeys(phrase for name in spellings for phrase in self._phrases(name))
            phrases = self._known[spellings] = tuple(written)[:_MAX_SPELLINGS]
        if not phrases:
            return
        text = spellings[0]
        weights = self._weights
        yield PhraseTerm(text, phrases, weights.anywhere * share, None, VIA, number)
        kind = kind_of(text)
        if kind != "korean":
            title = weights.translated if korean else weights.title
            title *= weights.short if kind == "short" else 1.0
            yield PhraseTerm(text, phrases, title * share, "title", VIA, number)

    def _phrases(self, name: str) -> Iterator[tuple[PhraseWord, ...]]:
        """Yield the ways to write a name: as it is, and in English with hyphens, spaces or neither."""
        words = split(name)
        if any(_HANGUL.search(word.key.form) for word in words):
            yield tuple(self._place(word, last=word is words[-1]) for word in words)
            return
        parts = _LETTERS.findall(name.lower())
        if words:
            yield _english([word.key.form for word in words])
        if 1 < len(parts) <= _MAX_PARTS:
            for joints in product((" ", "-", ""), repeat=len(parts) - 1):
                text = parts[0] + "".join(joint + part for joint, part in zip(joints, parts[1:]))
                forms = text.split(" ")
                if all(form in parts or self._is_known(form) for form in forms):
                    yield _english(forms)

    def _is_known(self, form: str) -> bool:
        return self._vocabulary.has_string(form) or self._vocabulary.has_string(plural(stem(form)))

    def _place(self, word: Word, *, last: bool) -> PhraseWord:
        form = word.key.form
        if not last or not _HANGUL.search(form):
            return PhraseWord((form,))
        base = tuple(t.text for t in self._vocabulary.tokens(word.key) if t.kind is Kind.BASE)
        return PhraseWord((form,), True, base)


def _surest(names: Sequence[Translation]) -> Sequence[Translation]:
    """Return those of one kind that most documents give, as many as are weighed, besides the name itself."""
    if len(names) <= _MAX_WEIGHED + 1:
        return names
    certain = [each for each in names if each.certain]
    others = [each for each in names if not each.certain]
    return certain + nsmallest(_MAX_WEIGHED + 1, others, key=lambda each: (-each.documents, each.spellings))


def _telling(vocabulary: Vocabulary, words: Sequence[Word]) -> list[str]:
    """Return the terms that tell how common a name is: of an identifier (llama3) the whole, not its pieces."""
    found: list[str] = []
    for word in words:
        tokens = vocabulary.tokens(word.key)
        whole = [token.text for token in tokens if token.kind is Kind.IDENTIFIER]
        found += whole or [token.text for token in tokens if token.kind is Kind.BASE]
    return found


def _english(forms: Sequence[str]) -> tuple[PhraseWord, ...]:
    """Return a phrase of English words, the last in the singular and the plural."""
    last = stem(forms[-1])
    ends = tuple(dict.fromkeys((forms[-1], last, plural(last))))
    return (*(PhraseWord((form,)) for form in forms[:-1]), PhraseWord(ends))


def _runs(chunks: Sequence[Chunk]) -> list[list[tuple[int, Word]]]:
    """Return the words of chunks with their numbers, those of neighbours together."""
    runs: list[list[tuple[int, Word]]] = []
    for place, chunk in enumerate(chunks):
        if not place or not are_neighbours(chunks[place - 1], chunk):
            runs.append([])
        runs[-1] += zip(sorted(chunk.numbers), chunk.words)
    return runs
