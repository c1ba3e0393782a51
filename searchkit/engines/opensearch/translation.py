"""From plans to the cluster's queries: what decides becomes filters, what scores becomes boosted clauses.

As in the embedded engine, every term of a plan scores wherever a matching document holds it, whichever branch of the
plan the document matches by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from searchkit.analysis.token import Layer
from searchkit.engines.day_numbers import day_number
from searchkit.engines.derived import derived
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.body import without_version
from searchkit.engines.whoosh.authors import author_words
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.places import HasLexicon, place_of
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
)
from searchkit.ranking.weights import K1

Query = dict[str, Any]

EVERYTHING: Query = {"match_all": {}}
NOTHING: Query = {"match_none": {}}
MOST_CLAUSES = 1000
"""A cluster takes 1,024 in one query, however deep they stand."""
MOST_FORMS = 1000
"""A place of a phrase fits at most so many words, those with the lowest numbers: frequent words come first."""

_CACHED = 4096
_NAME = "translator"
_LEAVES = frozenset(
    ("term", "terms", "prefix", "range", "exists", "match", "regexp", "match_all", "match_none")
)
_REGEXP_SIGN = re.compile(r"([^\w\u2016])")
_REGIONS: Mapping[str | None, tuple[str, ...]] = {
    None: (schema.TITLE_FORMS, schema.REST_FORMS),
    "title": (schema.TITLE_FORMS,),
    "bullets": (schema.REST_FORMS,),
}


class _Place(NamedTuple):
    """The words that may stand at a place of a phrase; ``surfaces`` if all words with one of these may."""

    tokens: tuple[str, ...]
    surfaces: tuple[str, ...] | None


class Translator:
    """Translates the plans of one snapshot. Thread-safe."""

    def __init__(self, lexicon: StoredLexicon) -> None:
        self._lexicon = lexicon
        self._places: dict[PhraseWord, _Place] = {}

    @classmethod
    def of(cls, snapshot: HasLexicon) -> Translator:
        """Return the translator that lives with ``snapshot``."""
        return derived(snapshot, _NAME, lambda it: cls(it.lexicon))

    def first_stage(
        self,
        prepared: PreparedPlan,
        name_idf: Callable[[PhraseTerm], float],
        idf: Callable[[Layer, str], float],
    ) -> Query:
        """Return the query that decides what matches and scores it by its terms.

        ``name_idf`` gives the idf of a name that scores as a whole, 0 if nothing holds it. ``idf`` is asked only where
        there are more terms than a cluster takes: then those worth least match, but don't score.
        """
        filters = [self.matching(node) for node in prepared.filters]
        weights: dict[tuple[Layer, str], float] = {}
        for term in prepared.terms:
            key = term.layer, term.text
            weights[key] = weights.get(key, 0.0) + term.weight
        others = [*self._names(prepared, name_idf), *self._boosts(prepared)]
        decisive = prepared.plain and len(weights) + clause_count([*filters, *others]) <= MOST_CLAUSES
        if decisive and not weights and not others:
            return NOTHING
        if not decisive:
            filters.append(self.matching(prepared.root))
        room = max(MOST_CLAUSES - clause_count(filters), 0)
        if clause_count(others) > room:
            others = []
        room -= clause_count(others)
        keys = list(weights)
        if len(keys) > room:
            keys = sorted(keys, key=lambda key: -weights[key] * idf(*key))[:room]
        scoring = [boosted_term(schema.LAYER_FIELDS[key[0]], key[1], weights[key]) for key in keys] + others
        # Where nothing else decides, a document that scores matches.
        return _scored(scoring, filters, least=int(decisive))

    def _names(self, prepared: PreparedPlan, name_idf: Callable[[PhraseTerm], float]) -> Iterator[Query]:
        for name in prepared.phrases:
            rarity = name_idf(name)
            if rarity:
                yield constant(self.matching(name), name.weight * rarity / (1 + K1))

    def _boosts(self, prepared: PreparedPlan) -> Iterator[Query]:
        for each in prepared.boosts:
            yield constant(self.matching(each), each.boost)

    def matching(self, node: Node) -> Query:
        """Return what decides whether a document matches ``node``; its scores mean nothing."""
        if isinstance(node, AnyTerm):
            return _any_of(_terms(node))
        if isinstance(node, Or):
            terms = [child for child in node.children if isinstance(child, AnyTerm)]
            others = [child for child in node.children if not isinstance(child, AnyTerm)]
            joined = AnyTerm(tuple(term for child in terms for term in child.terms))
            return _any_of([*_terms(joined), *map(self.matching, others)])
        if isinstance(node, And):
            return {"bool": {"filter": [self.matching(child) for child in node.children]}}
        if isinstance(node, Not):
            return {"bool": {"must_not": [self.matching(node.child)]}}
        if isinstance(node, PhraseTerm):
            return _any_of(
                query for phrase in node.phrases for query in self._side_by_side(phrase, node.field)
            )
        if isinstance(node, Phrase):
            return _any_of(self._side_by_side(node.words, node.field))
        if isinstance(node, InField):
            return _any_of(self._side_by_side((PhraseWord(node.forms),), node.field))
        if isinstance(node, DateRange):
            return _dated(node)
        if isinstance(node, Author):
            return _written_by(node)
        if isinstance(node, MinVotes):
            return {"range": {"votes": {"gte": node.votes}}}
        if isinstance(node, Id):
            paper = {"term": {"arxiv_id": without_version(node.value)}}
            return _any_of([{"term": {"id": node.value}}, paper])
        assert isinstance(node, Everything)
        return EVERYTHING

    def _side_by_side(self, words: Sequence[PhraseWord], field: str | None) -> list[Query]:
        """Return queries one of which matches where the words stand side by side in an item of ``field``."""
        if not words:
            return []
        places = [self._place(word) for word in words]
        surfaces = places[0].surfaces
        if field is None and len(places) == 1 and surfaces:
            return [{"terms": {schema.LAYER_FIELDS[Layer.SURFACE]: list(surfaces)}}]
        if not all(place.tokens for place in places):
            return []
        if len(places) == 1:
            return [{"terms": {region: list(places[0].tokens)}} for region in _REGIONS[field]]
        rules = [_rule(place.tokens) for place in places]
        return [
            {"intervals": {region: {"all_of": {"ordered": True, "max_gaps": 0, "intervals": rules}}}}
            for region in _REGIONS[field]
        ]

    def _place(self, word: PhraseWord) -> _Place:
        found = self._places.get(word)
        if found is None:
            if len(self._places) >= _CACHED:
                self._places.clear()
            lexicon, place = self._lexicon, place_of(self._lexicon, word)
            numbers = place.words[:MOST_FORMS].tolist()
            tokens = tuple(schema.word_token(lexicon.key(number)) for number in numbers)
            surfaces = tuple(map(lexicon.string, place.strings.tolist())) if place.sure else None
            found = self._places[word] = _Place(tokens, surfaces)
        return found


def clause_count(query: Any) -> int:
    """Return how many clauses a query, or several, has as the cluster counts them."""
    if isinstance(query, list):
        return sum(map(clause_count, query))
    count = 0
    for name, value in query.items() if isinstance(query, dict) else ():
        if name in _LEAVES:
            count += 1
        elif isinstance(value, (dict, list)):
            count += clause_count(value)
    return count


def term_query(layer: Layer, text: str) -> Query:
    """Return what matches the documents that hold a term in a layer."""
    return {"term": {schema.LAYER_FIELDS[layer]: text}}


def with_ids(ids: Iterable[str]) -> Query:
    """Return what matches the documents with these ids."""
    return {"terms": {"id": list(ids)}}


def boosted_term(field: str, text: str, boost: float) -> Query:
    """Return the query for a term that scores ``boost`` times what the similarity of its field says."""
    return {"term": {field: {"value": text, "boost": boost}}}


def constant(query: Query, score: float) -> Query:
    """Return a query that scores the same wherever it matches."""
    return {"constant_score": {"filter": query, "boost": score}}


def _scored(scoring: list[Query], filters: list[Query], *, least: int) -> Query:
    query: Query = {"filter": filters} if filters else {}
    if scoring:
        query.update(should=scoring, minimum_should_match=least)
    return {"bool": query} if query else EVERYTHING


def _any_of(queries: Iterable[Query]) -> Query:
    several = list(queries)
    if not several:
        return NOTHING
    return several[0] if len(several) == 1 else {"bool": {"should": several, "minimum_should_match": 1}}


def _terms(node: AnyTerm) -> list[Query]:
    """Return one query for each layer; it counts as one clause, however many terms it has."""
    texts: dict[str, dict[str, None]] = {}
    for term in node.terms:
        texts.setdefault(schema.LAYER_FIELDS[term.layer], {})[term.text] = None
    return [{"terms": {field: list(of_field)}} for field, of_field in texts.items()]


def _rule(tokens: Sequence[str]) -> Query:
    """Return the rule for one place of a phrase.

    A list of rules would be multiplied out with those of the other places, and soon be too long for a cluster.
    """
    if len(tokens) == 1:
        return {"match": {"query": tokens[0]}}
    pattern = "|".join(_REGEXP_SIGN.sub(r"\\\1", token) for token in tokens[:MOST_FORMS])
    return {"regexp": {"pattern": pattern, "max_expansions": MOST_FORMS}}


def _dated(node: DateRange) -> Query:
    bounds = {}
    if node.since is not None:
        bounds["gte"] = day_number(node.since, 0)
    if node.until is not None:
        bounds["lte"] = day_number(node.until, 99)
    return {"range": {"date": bounds}} if bounds else {"exists": {"field": "date"}}


def _written_by(node: Author) -> Query:
    pieces = [piece for word in node.words for piece in author_words(word)]
    if not pieces:
        return NOTHING
    sort = "prefix" if node.prefix else "term"
    held = [{sort: {schema.PEOPLE_WORDS: {"value": piece}}} for piece in pieces]
    return {"nested": {"path": schema.PEOPLE, "query": {"bool": {"filter": held}}, "score_mode": "none"}}
