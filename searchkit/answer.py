"""From a request to the documents that answer it: plan, run, and try again more loosely where nothing is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.whoosh import executor
from searchkit.engines.whoosh.executor import TopDocs
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.vocabulary import LexiconVocabulary
from searchkit.index.terms import UserTerms
from searchkit.query.parser import parse
from searchkit.query.plan import Node, Plan
from searchkit.query.planner import Planned, plan
from searchkit.query.synonyms import SynonymFinder
from searchkit.query.syntax import Parsed
from searchkit.ranking.weights import QUERY_WEIGHTS, SYNONYM_SHARE
from searchkit.results.hit import Note

PHRASE_AS_WORDS = Note("phrase-as-words", "no document has the quoted words side by side; searched as words")
ANY_WORD = Note("any-word", "no document has every word; these have at least one")


@dataclass(frozen=True, slots=True)
class View:
    """A generation, and what is derived from it; replaced as a whole when a commit comes."""

    generation: Generation
    vocabulary: LexiconVocabulary
    analyzer: WordAnalyzer
    terms: UserTerms
    synonyms: SynonymFinder
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; the options are those of `SearchIndex.search`."""

    query: str
    filters: tuple[Node, ...] = ()
    limit: int = 10
    offset: int = 0
    sort: str = "relevance"
    facets: bool = False
    expand: bool = True
    strict: bool = False
    match_any: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan that found something, or the first one tried; what it found; and what to say about it."""

    plan: Plan
    top: TopDocs
    notes: tuple[Note, ...]


def answer(view: View, request: Request) -> Answer:
    """Answer a request.

    Raises:
        QuerySyntaxError: the query is malformed, and the request is strict.
    """
    parsed = parse(request.query, strict=request.strict)
    first: Answer | None = None
    for planned, why in _attempts(view, request, parsed):
        top = executor.run(
            view.generation,
            planned.plan,
            limit=request.limit,
            offset=request.offset,
            sort=request.sort,
            facets=request.facets,
        )
        notes = tuple(Note(note.code, note.message) for note in planned.notes)
        if top.total:
            return Answer(planned.plan, top, (*notes, why) if why is not None else notes)
        first = first or Answer(planned.plan, top, notes)
    assert first is not None
    return first


def _attempts(view: View, request: Request, parsed: Parsed) -> Iterator[tuple[Planned, Note | None]]:
    """Yield plans from the strictest on, each but the first with the reason why it is tried."""
    every_word = request.sort != "relevance" and not request.match_any
    tried: list[Plan] = []
    for match_all, phrases, why in (
        (every_word, True, None),
        (every_word, False, PHRASE_AS_WORDS),
        (False, True, ANY_WORD),
    ):
        planned = plan(
            parsed,
            view.vocabulary,
            QUERY_WEIGHTS,
            match_all=match_all,
            phrases=phrases,
            filters=request.filters,
        )
        if request.expand:
            planned = _with_synonyms(view, parsed, planned)
        if planned.plan not in tried:
            tried.append(planned.plan)
            yield planned, why


def _with_synonyms(view: View, parsed: Parsed, planned: Planned) -> Planned:
    root = view.synonyms.add(planned.plan.root, parsed, QUERY_WEIGHTS, SYNONYM_SHARE)
    return planned if root is planned.plan.root else planned._replace(plan=replace(planned.plan, root=root))
