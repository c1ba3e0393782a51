"""Which words of a few documents hold a term: looked up in their streams, all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.term_cache import TermCache


def matching_forms(
    generation: Generation, found: Iterable[tuple[int, Sequence[int]]], texts: Collection[str]
) -> set[str]:
    """Return the forms of the words that are one of ``texts`` or have one among their terms.

    ``found`` are numbers of segments, each with the documents to look at.
    """
    cache = TermCache.of(generation)
    ids = np.array([cache.string_id(text) for text in texts], np.int64)
    wanted = np.sort(ids[ids >= 0])
    if not len(wanted):
        return set()
    streams = [generation.segments[segment].words(np.asarray(docs))[0] for segment, docs in found]
    codes = np.concatenate(streams) if streams else np.zeros(0, np.int32)
    words = generation.lexicon.expand(_distinct(codes[codes >= FIRST_WORD].astype(np.int64)) - FIRST_WORD)
    holds = np.zeros(len(words.forms) + 1, np.bool_)
    holds[:-1] = _among(words.forms, wanted)
    owners = np.repeat(np.arange(len(words.forms)), words.counts)
    holds[owners[_among(words.terms, wanted)]] = True
    return {generation.lexicon.string(form) for form in _distinct(words.forms[holds[:-1]]).tolist()}


def _distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the values, ascending; unlike numpy's own it doesn't import masked arrays."""
    ascending = np.sort(values)
    return ascending[np.diff(ascending, prepend=-1) > 0]


def _among(values: npt.NDArray[np.int64], ascending: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Say which of ``values`` stand in ``ascending``."""
    at = ascending.searchsorted(values)
    at[at == len(ascending)] = 0
    among: npt.NDArray[np.bool_] = ascending[at] == values
    return among
