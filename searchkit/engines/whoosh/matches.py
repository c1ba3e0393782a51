"""All documents that match a plan, over all segments."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.facets import FacetCounter
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.prepared import PreparedPlan
from searchkit.engines.whoosh.scorer import Scorer

Mask = npt.NDArray[np.bool_]


class Matches:
    """What of ``generation`` matches a plan; nothing is looked at before it is asked for."""

    def __init__(self, generation: Generation, prepared: PreparedPlan) -> None:
        self._generation = generation
        self._joined = generation.joined
        self._prepared = prepared

    @cached_property
    def matchers(self) -> list[Matcher]:
        """One for each segment."""
        return [Matcher(self._generation, index) for index in range(len(self._generation.segments))]

    @cached_property
    def _allowed(self) -> list[Mask | None]:
        return [matcher.restrict(matcher.live(), self._prepared.filters) for matcher in self.matchers]

    @cached_property
    def allowed(self) -> Mask | None:
        """The documents that aren't deleted and pass the filters, None for all."""
        if self._joined.deleted is None and not self._prepared.filters:
            return None
        return self._joined.join(self._allowed)

    def matched(self, scorer: Scorer) -> Mask:
        """Return the documents that match; ``scorer`` is that of the plan."""
        if self._prepared.any_decides:
            matched = scorer.holding()
        else:
            pairs = zip(self.matchers, self._allowed)
            matched = self._joined.join([matcher.match(self._prepared.root, own) for matcher, own in pairs])
        if self.allowed is not None:
            matched &= self.allowed
        return matched

    def facets(self, matched: Mask) -> dict[str, list[tuple[str, int]]]:
        """Return how ``matched`` are spread over the values of each facet."""
        counter = FacetCounter()
        for matcher, own in zip(self.matchers, self._joined.slices()):
            counter.add(matcher.segment, matcher.authors, matched[own])
        return counter.result()
