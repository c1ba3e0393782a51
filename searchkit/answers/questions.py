"""The questions to one view of an index: what answers a query, what is like a document, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from searchkit.answers.answer import Request, View, answer
from searchkit.answers.page import Page
from searchkit.errors import SearchkitError
from searchkit.results.hit import Note, Results

if TYPE_CHECKING:
    from searchkit.document import Document
    from searchkit.engines.base import Engine
    from searchkit.index.why import Why
    from searchkit.results.explain import Explanation


def of_last_commit(
    engine: Engine, view: View | None, current: Callable[[], View], ask: Callable[[View], Results]
) -> Results:
    """Return what ``ask`` says of the last commit: that of ``view`` or, if there was one since, of ``current()``.

    Where it takes a while to hear which commit is the last, ``view`` is asked meanwhile: most often it is it.
    """
    newest = None if view is None else engine.ask_current()
    if view is None or newest is None:
        return ask(current())
    try:
        found = ask(view)
    except SearchkitError:
        if newest() == view.snapshot.number:
            raise
    else:
        if newest() == view.snapshot.number:
            return found
    return ask(current())


def search(view: View, request: Request, notes: Sequence[Note] = (), *, started: float) -> Results:
    """Return what answers a request, with ``notes`` and its own; ``started`` is when the clock began to count."""
    model_before = view.analyzer.loaded
    page = Page(view)
    found = answer(view, request, page.expect)
    all_notes = [*view.notes, *notes, *found.notes]
    if view.analyzer.loaded and not model_before:
        all_notes.append(
            Note("analyzed", "a word is new to the index and was analysed first, which takes a while")
        )
    return Results(
        query=request.query,
        hits=page.hits(found.plan, found.top.hits, request.offset),
        total=found.top.total,
        took_ms=(time.perf_counter() - started) * 1000,
        notes=tuple(all_notes),
        facets=found.top.facets,
    )


def similar(view: View, document_id: str, limit: int) -> Results:
    """Return documents like the one with this id, most alike first; it isn't among them."""
    from searchkit.answers.similar import plan_like

    started = time.perf_counter()
    handle = view.snapshot.find(document_id)
    if handle is None:
        missing = Note("no-document", f"there is no document {document_id}")
        return Results(query=document_id, hits=(), total=0, took_ms=0.0, notes=(missing,))
    made = plan_like(view.snapshot, handle, view.snapshot.documents([handle])[0])
    top = view.snapshot.run(made, limit=limit)
    return Results(
        query=document_id,
        hits=Page(view).hits(made, top.hits),
        total=top.total,
        took_ms=(time.perf_counter() - started) * 1000,
        notes=view.notes,
    )


def get(view: View, document_id: str) -> Document | None:
    """Return a document by its id, None if there is none."""
    handle = view.snapshot.find(document_id)
    return None if handle is None else view.snapshot.documents([handle])[0]


def explain(view: View, query: str, document_id: str) -> Explanation | None:
    """Return how the score of a document comes about; None if there is no such document."""
    from searchkit.results.explain import Explanation

    handle = view.snapshot.find(document_id)
    if handle is None:
        return None
    made = answer(view, Request(query=query, limit=0)).plan
    parts = view.snapshot.contributions(made, handle)
    return Explanation(query=query, id=document_id, contributions=tuple(parts))


def why(view: View, query: str, document_id: str) -> Why | None:
    """Return why a document answers a query or doesn't, word by word; None if there is no such document."""
    from searchkit.index.why import why as told
    from searchkit.query.parser import parse

    handle = view.snapshot.find(document_id)
    if handle is None:
        return None
    made = answer(view, Request(query=query, limit=0)).plan
    return told(view.snapshot, view.vocabulary, view.analyzer, parse(query), made, handle)
