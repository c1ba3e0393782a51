"""The fields of an index of documents on a cluster: what each holds, and how it scores.

The cluster analyses nothing: every text field holds terms with white space between them. What scores is the embedded
engine's, feature by feature, so that both give the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from searchkit.analysis.token import Context, Layer, WordKey
from searchkit.ranking.weights import K1, B

JOINT = "\u2016"
"""Between the terms of a pair, and before what sets equal ones apart; no term holds it."""
MAX_TERM = 4096
"""Characters; a longer term is cut by the cluster."""
ITEM_GAP = 100
"""Positions between items, so that no phrase reaches across."""
MAX_LISTED = 8191
"""Characters of a name or a gloss, at most four bytes each; a longer one isn't found by."""
NEAR_TIMES = 8
"""So often two terms near each other count at most in one document."""
NEAR_ENDS = tuple(f"{JOINT}{time}" for time in range(1, NEAR_TIMES + 1))
MAX_ID_BYTES = 512

LAYER_FIELDS: Mapping[Layer, str] = {layer: layer.name.lower() for layer in Layer}
TITLE_FORMS, REST_FORMS = "title_forms", "rest_forms"
PAIRS, NEAR, BIGRAMS = "pairs", "near", "bigrams"
SENTENCES, SENTENCE_TERMS = "sentences", "sentences.terms"
PEOPLE, PEOPLE_WORDS = "people", "people.words"
LENGTHS = "lengths"
STORED, MARKS = "stored", "marks"
"""The document and its words, to be shown and read again; nothing is found by them."""

_EXACT = "terms"
_NUMBER = {"type": "integer", "index": False}


def word_token(key: WordKey) -> str:
    """Return what stands for a word in `TITLE_FORMS` and `REST_FORMS`."""
    return key.form if key.context is Context.FREE else f"{key.form}{JOINT}{int(key.context)}"


def pair_token(first: str, second: str) -> str:
    """Return what stands for two neighbouring terms in `PAIRS`."""
    return f"{first}{JOINT}{second}"


def near_pair(one: str, other: str) -> str:
    """Return what two terms that stand near each other begin with in `NEAR`, whichever comes first."""
    return f"{one}{JOINT}{other}" if one < other else f"{other}{JOINT}{one}"


def near_token(one: str, other: str, time: int) -> str:
    """Return what says in `NEAR` that two terms stand near each other for the ``time``-th time, from 1 on."""
    return near_pair(one, other) + NEAR_ENDS[time - 1]


def settings(*, shards: int, replicas: str = "0-1") -> dict[str, Any]:
    """Return the settings of a new index; ``replicas`` is the least and the greatest number of copies."""
    return {
        "index": {
            "number_of_shards": shards,
            "auto_expand_replicas": replicas,
            # A commit refreshes; until then nothing that is being written is seen.
            "refresh_interval": "-1",
            "unassigned.node_left.delayed_timeout": "3s",
            "max_result_window": 1_000_000,
            "mapping.nested_objects.limit": 1_000_000,
            "similarity": {
                "bm25": {"type": "BM25", "k1": K1, "b": B},
                "flat": {"type": "BM25", "k1": K1, "b": 0.0},
            },
            "analysis": {
                "tokenizer": {_EXACT: {"type": "whitespace", "max_token_length": MAX_TERM}},
                "analyzer": {_EXACT: {"type": "custom", "tokenizer": _EXACT}},
            },
        }
    }


def mapping(meta: Mapping[str, str]) -> dict[str, Any]:
    """Return the mapping of an index of documents; ``meta`` says what built it."""
    listed = {"type": "keyword", "ignore_above": MAX_LISTED}
    lengths = {"type": "object", "properties": dict.fromkeys(LAYER_FIELDS.values(), _NUMBER)}
    shown = {"type": "keyword", "index": False, "doc_values": False}
    return {
        "dynamic": "strict",
        "_meta": dict(meta),
        "_source": {"includes": [STORED, MARKS]},
        "properties": {
            "id": listed,
            "arxiv_id": listed,
            "hash": listed,
            "date": {"type": "integer"},
            "month": listed,
            "votes": {"type": "integer"},
            "authors": listed,
            "sample": {"type": "long", "index": False},
            "glosses": listed,
            PEOPLE: {"type": "nested", "properties": {"words": {**listed, "doc_values": False}}},
            **{field: _terms("bm25", "freqs", norms=True) for field in LAYER_FIELDS.values()},
            TITLE_FORMS: _forms(),
            REST_FORMS: _forms(),
            PAIRS: _terms("flat", "freqs"),
            BIGRAMS: _terms("flat", "freqs"),
            NEAR: _terms("boolean", "docs"),
            SENTENCES: {"type": "nested", "properties": {"terms": _terms("boolean", "docs")}},
            LENGTHS: lengths,
            STORED: shown,
            MARKS: shown,
        },
    }


def _terms(similarity: str, options: str, *, norms: bool = False) -> dict[str, Any]:
    return {
        "type": "text",
        "analyzer": _EXACT,
        "similarity": similarity,
        "index_options": options,
        "norms": norms,
    }


def _forms() -> dict[str, Any]:
    return {**_terms("boolean", "positions"), "position_increment_gap": ITEM_GAP}
