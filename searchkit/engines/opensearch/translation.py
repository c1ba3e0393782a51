"""From a plan to the query language of the cluster: sums of BM25, phrases of words, and filters.

What Lucene's BM25 adds for a term is what ours does; boosts are our weights. What a name or a feature adds does not
come from Lucene's statistics: its idf is given, as a boost of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from searchkit.analysis.token import FIRST_WORD, Layer
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.body import author_words, document_key
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.phrase import place_of
from searchkit.engines.whoosh.prepared import PreparedPlan
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Everything,
    Id,
    InField,
    MinVotes,
    Node,
    Not,
    Or,
    Phrase,
    PhraseTerm,
    PhraseWord,
    PlanTerm,
    SecondStage,
)
from searchkit.ranking.weights import K1

Query = dict[str, Any]

NOTHING: Query = {"match_none": {}}
MAX_CLAUSES = 900
"""The cluster takes 1,024 in one query; what is beyond these still matches, but scores nothing."""
_FIELDS = {
    "title": (schema.TITLE_FORMS,),
    "bullets": (schema.REST_FORMS,),
    None: (schema.TITLE_FORMS, schema.REST_FORMS),
}


class Translator:
    """Translates the nodes of plans for one commit; ``idf_of`` gives the idf of a name, 0 if nothing holds it."""

    def __init__(self, lexicon: StoredLexicon, idf_of: Callable[[PhraseTerm], float]) -> None:
        self._lexicon = lexicon
        self._idf_of = idf_of
        self._places: dict[PhraseWord, _Place] = {}

    def query(self, plan: PreparedPlan) -> Query:
        """Return what matches the root of a plan, and scores every term of it that a document holds.

        A term of a part that doesn't match scores all the same, as in the embedded engine.
        """
        weights: dict[tuple[Layer, str], float] = {}
        for term in plan.terms:
            key = term.layer, term.text
            weights[key] = weights.get(key, 0.0) + term.weight
        scores = [
            constant(self.name(name), name.weight * idf / (1 + K1))
            for name in plan.phrases
            if (idf := self._idf_of(name))
        ]
        scores += [constant(_with_id(boost.value), boost.boost) for boost in plan.boosts]
        scores += [_term(schema.LAYER_FIELDS[layer], text, gain) for (layer, text), gain in weights.items()]
        if plan.plain and len(scores) <= MAX_CLAUSES:
            return any_of(scores)
        return {"bool": {"filter": [self.filter(plan.root)], "should": scores[:MAX_CLAUSES]}}

    def filter(self, node: Node) -> Query:
        """Return what matches as ``node`` does."""
        if isinstance(node, AnyTerm):
            return any_of(_listed(node.terms))
        if isinstance(node, Or):
            return any_of([self.filter(child) for child in node.children])
        if isinstance(node, And):
            return {"bool": {"filter": [self.filter(child) for child in node.children]}}
        if isinstance(node, Not):
            return {"bool": {"must_not": [self.filter(node.child)]}}
        if isinstance(node, PhraseTerm):
            return self.name(node)
        if isinstance(node, Phrase):
            return self._phrase(node.words, node.field)
        if isinstance(node, InField):
            return self._phrase((PhraseWord(node.forms),), node.field)
        if isinstance(node, DateRange):
            return {"range": {"date": _dates(node)}}
        if isinstance(node, Author):
            return _author(node)
        if isinstance(node, MinVotes):
            return {"range": {"votes": {"gte": node.votes}}}
        if isinstance(node, Id):
            return _with_id(node.value)
        assert isinstance(node, Everything)
        return {"match_all": {}}

    def name(self, term: PhraseTerm) -> Query:
        """Return what matches where one of the spellings of a name stands."""
        return any_of([self._phrase(phrase, term.field) for phrase in term.phrases])

    def _phrase(self, words: Sequence[PhraseWord], field: str | None) -> Query:
        places = [self._place(word) for word in words]
        if not places or not all(place.tokens for place in places):
            return NOTHING
        if field is None and len(places) == 1 and places[0].surfaces:
            return {"terms": {schema.LAYER_FIELDS[Layer.SURFACE]: list(places[0].surfaces)}}
        return any_of([_side_by_side(name, [place.tokens for place in places]) for name in _FIELDS[field]])

    def _place(self, word: PhraseWord) -> _Place:
        found = self._places.get(word)
        if found is None:
            place = place_of(self._lexicon, word)
            numbers = place.fits[FIRST_WORD:].nonzero()[0].tolist()[:MAX_CLAUSES]
            tokens = tuple(schema.word_token(self._lexicon.key(number)) for number in numbers)
            surfaces = tuple(map(self._lexicon.string, place.strings)) if place.sure else ()
            found = self._places[word] = _Place(tokens, surfaces)
        return found


class _Place(NamedTuple):
    """The words that may stand at a place of a phrase; ``surfaces`` if all words with one of these may."""

    tokens: tuple[str, ...]
    surfaces: tuple[str, ...]


def terms_of_second_stage(stage: SecondStage) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the distinct terms of a second stage, and those that are neighbours, in their order."""
    return list(dict.fromkeys(stage.terms)), list(dict.fromkeys(pairwise(stage.terms)))


def features(
    stage: SecondStage, idf: Callable[[str], float], pair_idf: Callable[[str, str], float]
) -> list[Query]:
    """Return what adds the features of the second stage to a score.

    ``idf`` gives that of a term, ``pair_idf`` that of two terms near each other.
    """
    weights = stage.weights
    terms, pairs = terms_of_second_stage(stage)
    found = [_term(schema.PAIRS, schema.pair_token(*pair), weights.ordered) for pair in pairs]
    for one, other in dict.fromkeys((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]):
        gain = weights.near * pair_idf(one, other)
        for time in range(1, schema.NEAR_TIMES + 1):
            more = time / (time + K1) - (time - 1) / (time - 1 + K1)
            found.append(_term(schema.NEAR, schema.near_token(one, other, time), gain * more))
    found += [_term(schema.BIGRAMS, bigram, weights.bigrams) for bigram in stage.bigrams]
    sentence = [
        _term(schema.SENTENCE_TERMS, term, weights.sentence * weight)
        for term in terms
        if (weight := idf(term)) > 0
    ]
    found = found[: MAX_CLAUSES - len(sentence)]
    if sentence:
        best = {"path": schema.SENTENCES, "score_mode": "max", "query": any_of(sentence)}
        found.append({"nested": best})
    return found


def any_of(queries: Sequence[Query]) -> Query:
    """Return what matches where one of ``queries`` does; their scores add up."""
    found = [query for query in queries if query is not NOTHING]
    if len(found) <= 1:
        return found[0] if found else NOTHING
    return {"bool": {"should": found, "minimum_should_match": 1}}


def constant(query: Query, score: float) -> Query:
    """Return what matches as ``query`` and scores ``score``."""
    return {"constant_score": {"filter": query, "boost": score}}


def with_ids(ids: Iterable[str]) -> Query:
    """Return what matches the documents with these ids."""
    return {"ids": {"values": [document_key(each) for each in ids]}}


def term_query(layer: Layer, text: str) -> Query:
    """Return what matches the documents that hold a term in a layer."""
    return {"term": {schema.LAYER_FIELDS[layer]: text}}


def _term(field: str, text: str, weight: float) -> Query:
    return {"term": {field: {"value": text, "boost": weight}}}


def _listed(terms: Sequence[PlanTerm]) -> list[Query]:
    fields: dict[str, list[str]] = {}
    for term in terms:
        fields.setdefault(schema.LAYER_FIELDS[term.layer], []).append(term.text)
    return [{"terms": {field: texts}} for field, texts in fields.items()]


def _side_by_side(field: str, places: Sequence[tuple[str, ...]]) -> Query:
    if len(places) == 1:
        return {"terms": {field: list(places[0])}}
    return {"span_near": {"clauses": [_span(field, place) for place in places], "slop": 0, "in_order": True}}


def _span(field: str, tokens: tuple[str, ...]) -> Query:
    spans: list[Query] = [{"span_term": {field: token}} for token in tokens]
    return spans[0] if len(spans) == 1 else {"span_or": {"clauses": spans}}


def _dates(node: DateRange) -> dict[str, int]:
    bounds = {"gt": 0}
    if node.since is not None:
        bounds["gte"] = _number(node.since, 0)
        del bounds["gt"]
    if node.until is not None:
        bounds["lte"] = _number(node.until, 99)
    return bounds


def _number(date: str, missing: int) -> int:
    """Return YYYY[-MM[-DD]] as a number, ``missing`` in place of what is not there."""
    year, *rest = (int(part) for part in date.split("-"))
    month, day = [*rest, missing, missing][:2]
    return year * 10_000 + month * 100 + day


def _author(node: Author) -> Query:
    kind = "prefix" if node.prefix else "term"
    words = [piece for word in node.words for piece in author_words(word)]
    if not words:
        return NOTHING
    held = [{kind: {schema.PEOPLE_WORDS: word}} for word in words]
    return {"nested": {"path": schema.PEOPLE, "query": {"bool": {"filter": held}}}}


def _with_id(value: str) -> Query:
    return any_of([with_ids([value]), {"term": {"arxiv_id": value}}])
