"""The first stage of a plan as a cluster is asked for it, kept for the second if it was asked for ahead."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from searchkit.engines.derived import derived
from searchkit.engines.opensearch.counts import Counts, Key, OnCluster, name_key
from searchkit.engines.opensearch.searches import encoded, preference
from searchkit.engines.opensearch.second_stage import SecondStageScorer
from searchkit.engines.opensearch.translation import Query, Translator
from searchkit.engines.whoosh.prepared import prepare
from searchkit.query.plan import Plan

_AHEAD, _MOST_AHEAD = "first stages", 16


class FirstStage:
    """What matches a plan, scored by its terms; ``scorer`` is None where that is all there is to a score.

    ``answers`` are those that have come already, by the bodies that asked for them.
    """

    def __init__(self, snapshot: OnCluster, plan: Plan) -> None:
        self._snapshot = snapshot
        self._counts = Counts.of(snapshot)
        self._prepared = prepare(plan)
        self.plan = plan
        self.scorer = (
            None if plan.second is None else SecondStageScorer(plan.second, snapshot.lexicon, self._counts)
        )
        self.answers: dict[str, dict[str, Any]] = {}

    @classmethod
    def of(cls, snapshot: OnCluster, plan: Plan) -> FirstStage:
        """Return what was kept for ``plan``, which is forgotten, else make it."""
        return _kept(snapshot).pop(plan, None) or cls(snapshot, plan)

    def keep(self) -> None:
        """Have `of` return this when the plan is run, which is probably next."""
        kept = _kept(self._snapshot)
        if len(kept) >= _MOST_AHEAD:
            kept.clear()
        kept[self.plan] = self

    @property
    def scored(self) -> bool:
        """Whether anything in the plan scores; else it is a listing."""
        return self._prepared.scored

    def count_names(self, also: Sequence[Key]) -> bool:
        """Count the names that score as a whole, and ``also`` what is needed next; False where all are known."""
        names = [name_key(name) for name in self._prepared.phrases]
        if not self._counts.missing(names):
            return False
        self._counts.get([*names, *also])
        return True

    @cached_property
    def query(self) -> Query:
        """The query that decides what matches and scores it by its terms."""
        counts = self._counts
        return Translator.of(self._snapshot).first_stage(self._prepared, counts.name_idf, counts.idf)

    @cached_property
    def text(self) -> str:
        """The query as it is sent."""
        return encoded(self.query)

    @cached_property
    def copies(self) -> str:
        """What has all that is asked about this plan come from the same copies."""
        return preference(self.text)


def _kept(snapshot: OnCluster) -> dict[Plan, FirstStage]:
    return derived(snapshot, _AHEAD, lambda _: {})
