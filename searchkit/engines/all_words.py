"""All words of a lexicon at once, for a lexicon in another place."""

from __future__ import annotations

import numpy as np

from searchkit.analysis.token import Context, WordKey
from searchkit.analysis.token_table import TokenTable
from searchkit.engines.whoosh.lexicon import StoredLexicon

_CONTEXTS = tuple(Context)


def all_words(lexicon: StoredLexicon) -> tuple[list[WordKey], TokenTable]:
    """Return the words in the order of their numbers, and their tokens."""
    none = np.zeros(0, np.int64)
    found = lexicon.expand(np.arange(lexicon.word_count, dtype=np.int64))
    texts = [
        text.decode("utf-8", "surrogatepass")
        for level in lexicon.levels
        for text in level.strings.in_id_order()
    ]
    contexts = np.concatenate([none, *(level.arrays()[0] for level in lexicon.levels)]) & 3
    spans = [level.token_spans() for level in lexicon.levels]
    starts = np.concatenate([none, *(starts for starts, _ in spans)])
    lengths = np.concatenate([none, *(lengths for _, lengths in spans)]) + 1
    keys = [
        WordKey(_CONTEXTS[context], texts[form])
        for context, form in zip(contexts.tolist(), found.forms.tolist())
    ]
    return keys, TokenTable(found.counts, found.kinds, texts, found.terms, starts, lengths)
