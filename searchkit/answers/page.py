"""The hits of one request as they are shown; those that are expected are made ready while an engine waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from searchkit.answers.answer import View
from searchkit.answers.page_words import matching_forms
from searchkit.query.plan import Plan
from searchkit.results.hit import Hit
from searchkit.results.presentation import Presenter, Shown

if TYPE_CHECKING:
    from searchkit.engines.found import Handle


class Page:
    """The hits of one request, whichever of its plans finds them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._presenter: tuple[Plan, Presenter] | None = None
        self._ready: dict[Handle, Shown] = {}

    def expect(self, plan: Plan, handles: Sequence[Handle]) -> Iterator[None]:
        """Make ready, one with each step, documents that ``plan`` will probably find."""
        presenter = self._presenter_of(plan)
        yield
        for handle, shown in self._present(presenter, handles):
            self._ready[handle] = shown
            yield

    def hits(self, plan: Plan, found: Sequence[tuple[float, Handle]], offset: int = 0) -> tuple[Hit, ...]:
        """Return what ``plan`` has ``found``, as (score, handle), as hits; the first has the rank ``offset`` + 1."""
        presenter, ready = self._presenter_of(plan), self._ready
        ready.update(self._present(presenter, [handle for _, handle in found if handle not in ready]))
        return tuple(
            ready[handle].hit(rank=rank, score=score)
            for rank, (score, handle) in enumerate(found, offset + 1)
        )

    def _presenter_of(self, plan: Plan) -> Presenter:
        if self._presenter is None or self._presenter[0] is not plan:
            snapshot = self._view.snapshot
            presenter = Presenter(
                plan, self._view.vocabulary.tokens, idf=lambda term: snapshot.idf(term.layer, term.text)
            )
            self._presenter = plan, presenter
            self._ready = {}
        return self._presenter[1]

    def _present(self, presenter: Presenter, handles: Sequence[Handle]) -> Iterator[tuple[Handle, Shown]]:
        if not handles:
            return
        snapshot = self._view.snapshot
        documents = snapshot.documents(handles)
        presenter.look_for(lambda texts: matching_forms(snapshot, handles, texts))
        yield from zip(handles, presenter.present(documents), strict=True)
