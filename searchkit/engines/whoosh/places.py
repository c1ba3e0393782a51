"""The places of a phrase in terms of the lexicon: which words may stand there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, Kind
from searchkit.engines.derived import derived
from searchkit.engines.whoosh.lexicon import StoredLexicon, WordTokens
from searchkit.query.plan import PhraseWord
from searchkit.ranking.ascending import among, distinct, firsts

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.integer[Any]]
Fits = Callable[[Codes], Mask]
"""Says for each code of a stream whether it fits a place."""

_FEW_WORDS = 8
"""So many comparisons are faster than a mask over all words."""
_MANY_TITLED = 16
_CACHED_WORDS = 1024
_CACHED_BYTES = 1 << 16
_CACHE = "phrase words"


@dataclass(frozen=True, eq=False)
class Place:
    """A place of a phrase in terms of the lexicon.

    ``strings`` are the surfaces that may stand here, ``words`` the words, both ascending. ``mixed`` are those of the
    surfaces that other words have as well: for all others their postings alone decide.
    """

    strings: Ints
    words: Ints
    mixed: Ints
    lexicon: StoredLexicon

    @property
    def sure(self) -> bool:
        """Whether all words with one of the surfaces fit."""
        return not len(self.mixed)

    @property
    def fits(self) -> Fits:
        """What says which codes fit."""
        return fitting(self.words, self.lexicon.word_count)

    @cached_property
    def title_terms(self) -> tuple[Ints, bool] | None:
        """Base terms, ascending, one of which a title with a word that fits holds; None if that isn't known.

        It isn't where there are many words, or one has no base term. With them comes whether no word has another one.
        """
        if len(self.words) > _MANY_TITLED:
            return None
        tokens = self.lexicon.expand(self.words)
        is_base = tokens.kinds == Kind.BASE
        owners = np.repeat(np.arange(len(tokens.counts)), tokens.counts)[is_base]
        begin = firsts(owners)
        if len(begin) < len(self.words):
            return None
        return distinct(tokens.terms[is_base][begin]), len(begin) == len(owners)


def fitting(words: Ints, word_count: int) -> Fits:
    """Return what says which codes of a stream stand for one of ``words``, of ``word_count``."""
    if len(words) > _FEW_WORDS:
        mask = np.zeros(word_count + FIRST_WORD, np.bool_)
        mask[words + FIRST_WORD] = True
        return mask.take
    few = (words + FIRST_WORD).tolist()

    def fits(codes: Codes) -> Mask:
        found = np.zeros(len(codes), np.bool_)
        for code in few:
            found |= codes == code
        return found

    return fits


class HasLexicon(Protocol):
    """A commit with its lexicon, and a place for what is derived from it."""

    @property
    def lexicon(self) -> StoredLexicon:
        """Every word of the documents with its terms."""

    @property
    def caches(self) -> MutableMapping[str, Any]:
        """What lives as long as the commit is held."""


class _Places:
    """The places that were looked up last. Thread-safe."""

    def __init__(self, lexicon: StoredLexicon) -> None:
        self._lexicon = lexicon
        self._known: OrderedDict[PhraseWord, Place] = OrderedDict()
        self._lock = Lock()

    def get(self, word: PhraseWord) -> Place:
        with self._lock:
            found = self._known.get(word)
            if found is not None:
                self._known.move_to_end(word)
                return found
        found = place_of(self._lexicon, word)
        if found.strings.nbytes + found.words.nbytes <= _CACHED_BYTES:
            with self._lock:
                self._known[word] = found
                if len(self._known) > _CACHED_WORDS:
                    self._known.popitem(last=False)
        return found


def resolve(commit: HasLexicon, word: PhraseWord) -> Place:
    """Look a place of a phrase up in the lexicon of a commit, and remember it."""
    return derived(commit, _CACHE, lambda it: _Places(it.lexicon)).get(word)


def place_of(lexicon: StoredLexicon, word: PhraseWord) -> Place:
    """Return a place of a phrase in terms of a lexicon."""
    exact = np.array(sorted({lexicon.remembered_id(form) for form in word.forms} - {-1}), np.int64)
    strings, words = exact, lexicon.words_of_strings(exact)
    mixed = np.zeros(0, np.int64)
    if word.tail:
        longer = np.concatenate([_beginning_with(lexicon, form) for form in word.forms])
        candidates = lexicon.words_of_strings(distinct(longer[~among(longer, exact)]))
        tokens = lexicon.expand(candidates)
        right = _has_base(tokens, np.array([lexicon.remembered_id(text) for text in word.base], np.int64))
        forms = distinct(tokens.forms[right])
        mixed = forms[among(forms, distinct(tokens.forms[~right]))]
        words = np.sort(np.concatenate((words, candidates[right])))
        strings = np.sort(np.concatenate((strings, forms)))
    return Place(strings, words, mixed, lexicon)


def _beginning_with(lexicon: StoredLexicon, form: str) -> Ints:
    """Return the strings that begin with ``form``, in no order; none of them is read."""
    key = form.encode("utf-8", "surrogatepass")
    return np.concatenate(
        (np.zeros(0, np.int64), *(level.strings.beginning_with(key) for level in lexicon.levels))
    )


def _has_base(tokens: WordTokens, base: Ints) -> Mask:
    """Return of which words the base terms are ``base``, in this order."""
    is_base = tokens.kinds == Kind.BASE
    owners = np.repeat(np.arange(len(tokens.counts)), tokens.counts)[is_base]
    right: Mask = np.bincount(owners, minlength=len(tokens.counts)) == len(base)
    if len(base):
        terms = tokens.terms[is_base][right[owners]].reshape(-1, len(base))
        right[right] = (terms == base).all(axis=1)
    return right
