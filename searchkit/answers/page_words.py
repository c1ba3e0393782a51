"""Which words of a few documents hold a term: looked up in their streams, all at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from searchkit.analysis.token import FIRST_WORD
from searchkit.ranking.ascending import among, distinct

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot
    from searchkit.engines.found import Handle


def matching_forms(snapshot: Snapshot, found: Sequence[Handle], texts: Collection[str]) -> set[str]:
    """Return the forms of the words of documents that are one of ``texts`` or have one among their terms."""
    lexicon = snapshot.lexicon
    ids = np.array([lexicon.remembered_id(text) for text in texts], np.int64)
    wanted = np.sort(ids[ids >= 0])
    if not len(wanted):
        return set()
    codes, _ = snapshot.words(found)
    words = lexicon.expand(distinct(codes[codes >= FIRST_WORD].astype(np.int64)) - FIRST_WORD)
    holds = np.zeros(len(words.forms) + 1, np.bool_)
    holds[:-1] = among(words.forms, wanted)
    owners = np.repeat(np.arange(len(words.forms)), words.counts)
    holds[owners[among(words.terms, wanted)]] = True
    return {lexicon.string(form) for form in distinct(words.forms[holds[:-1]]).tolist()}
