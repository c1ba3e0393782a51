"""From a request to the documents that answer it: plan, run, and try again more loosely where nothing is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.answers.expansion import expanded
from searchkit.answers.loosening import Loosening
from searchkit.answers.vocabulary import LexiconVocabulary
from searchkit.index.terms import UserTerms
from searchkit.query.ladder import in_order
from searchkit.query.parser import parse
from searchkit.query.plan import Node, Plan
from searchkit.query.planner import Planned, plan
from searchkit.query.synonyms import SynonymFinder
from searchkit.query.syntax import Parsed
from searchkit.ranking.weights import ALTERNATIVE_SHARES, QUERY_WEIGHTS, SYNONYM_SHARE
from searchkit.results.hit import Note

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot
    from searchkit.engines.found import Expected, Handle, TopDocs

PHRASE_AS_WORDS = Note("phrase-as-words", "no document has the quoted words side by side; searched as words")
Shown = Callable[[Plan, "Sequence[Handle]"], Iterable[object]]
"""Makes documents ready to be shown as hits of a plan, one with each step."""

ANY_WORD = Note("any-word", "no document has every word; these have at least one")


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot, and what is derived from it; replaced as a whole when a commit comes."""

    snapshot: Snapshot
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


def answer(view: View, request: Request, expected: Shown | None = None) -> Answer:
    """Answer a request; ``expected`` makes documents ready to be shown that a plan will probably find.

    Raises:
        QuerySyntaxError: the query is malformed, and the request is strict.
    """
    parsed = parse(request.query, strict=request.strict)
    loosening = _loosening(view, request, parsed) if request.expand else None
    first: Answer | None = None
    for planned, why in _attempts(view, request, parsed, loosening):
        made = planned.plan if loosening is None else loosening.spaced(planned.plan)
        ready = _ready(made, loosening, expected)
        found = Answer(made, _run(view, request, made, ready), tuple(planned.notes))
        first = first or found
        if found.top.total:
            first = found if why is None else replace(found, notes=(*found.notes, why))
            break
    assert first is not None
    if loosening is None:
        return first
    if first.top.total:
        first = replace(first, notes=(*first.notes, *loosening.notes()))
    made, top, more = loosening.widen(
        first.plan, first.top, lambda made: _run(view, request, made, _ready(made, None, expected))
    )
    return Answer(made, top, in_order((*first.notes, *more)))


def _ready(made: Plan, loosening: Loosening | None, expected: Shown | None) -> Expected | None:
    """Return what makes ready that ``made`` finds something, unless that is widened."""
    if expected is None:
        return None

    def ready(handles: Sequence[Handle], total: int) -> Iterator[object]:
        if loosening is None or loosening.satisfied(made, total):
            yield from expected(made, handles)

    return ready


def _run(view: View, request: Request, made: Plan, expected: Expected | None) -> TopDocs:
    return view.snapshot.run(
        made,
        limit=request.limit,
        offset=request.offset,
        sort=request.sort,
        facets=request.facets,
        expected=expected,
    )


def _loosening(view: View, request: Request, parsed: Parsed) -> Loosening:
    ranked = request.sort == "relevance"
    return Loosening(
        view.snapshot,
        view.vocabulary,
        parsed,
        QUERY_WEIGHTS,
        ALTERNATIVE_SHARES,
        match_all=not ranked and not request.match_any,
        ranked=ranked,
    )


def _attempts(
    view: View, request: Request, parsed: Parsed, loosening: Loosening | None
) -> Iterator[tuple[Planned, Note | None]]:
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
        if loosening is not None:
            with view.snapshot.meanwhile(loosening.ahead()):
                planned = _with_other_names(view, parsed, planned, ranked=request.sort == "relevance")
        if planned.plan not in tried:
            tried.append(planned.plan)
            yield planned, why


def _with_other_names(view: View, parsed: Parsed, planned: Planned, *, ranked: bool) -> Planned:
    root = view.synonyms.add(planned.plan.root, parsed, QUERY_WEIGHTS, SYNONYM_SHARE)
    made = planned.plan if root is planned.plan.root else replace(planned.plan, root=root)
    made, notes = expanded(view.snapshot, view.vocabulary, parsed, made, ranked=ranked)
    return Planned(made, [*planned.notes, *notes])
