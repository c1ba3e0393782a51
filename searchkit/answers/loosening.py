"""Searching more loosely than was typed: other spaces always, guesses of what was meant where little is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from searchkit.answers.known_words import KnownWords
from searchkit.engines.found import TopDocs
from searchkit.query.alternatives import Alternative, weighted, with_alternatives, with_bonus
from searchkit.query.ladder import DAMPING, Ladder
from searchkit.query.plan import Not, Plan, QueryWeights
from searchkit.query.planner import plan
from searchkit.query.syntax import Note, Parsed
from searchkit.query.terms import Vocabulary

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

_EXACT_HITS = 1000
_BELOW = 0.9
"""What the best guess may score of the last exact match."""

Run = Callable[[Plan], TopDocs]


class Loosening:
    """The looser ways of one query; ``ranked`` says that hits are sorted by their score."""

    def __init__(
        self,
        snapshot: Snapshot,
        vocabulary: Vocabulary,
        parsed: Parsed,
        weights: QueryWeights,
        shares: Mapping[str, float],
        *,
        match_all: bool,
        ranked: bool,
    ) -> None:
        self._snapshot = snapshot
        self._vocabulary = vocabulary
        self._weights = weights
        self._ranked = ranked
        self._parsed = parsed
        self._shares = shares
        self._match_all = match_all
        self._corrected: tuple[Plan, list[Alternative]] | None = None

    @cached_property
    def _ladder(self) -> Ladder:
        snapshot = self._snapshot
        return Ladder(
            self._parsed,
            self._vocabulary,
            KnownWords.of(snapshot),
            lambda term: snapshot.doc_freq(term.layer, term.text),
            self._weights,
            self._shares,
            match_all=self._match_all,
        )

    def ahead(self) -> Iterator[None]:
        """Look for other spaces, before a plan is there to be `spaced`."""
        _ = self._spacing
        yield

    @cached_property
    def _spacing(self) -> list[Alternative]:
        return self._ladder.spacing()

    def spaced(self, made: Plan) -> Plan:
        """Return a plan in which words count with other spaces, too."""
        if not self._spacing:
            return made
        return self._rescored(with_alternatives(made, self._spacing), self._spacing)

    def notes(self) -> tuple[Note, ...]:
        """Return what to say about `spaced`."""
        return tuple(self._ladder.notes(self._spacing))

    def satisfied(self, made: Plan, total: int) -> bool:
        """Say whether `widen` leaves alone what ``made`` finds, which is ``total`` documents."""
        return not self._ladder.found_little(made, total) and not self._corrections(made)

    def _corrections(self, made: Plan) -> list[Alternative]:
        if not self._ranked:
            return []
        if self._corrected is None or self._corrected[0] is not made:
            self._corrected = made, self._ladder.corrections(made)
        return self._corrected[1]

    def widen(self, made: Plan, found: TopDocs, run: Run) -> tuple[Plan, TopDocs, tuple[Note, ...]]:
        """Add to what ``made`` has ``found`` what may have been meant, if that was little, and say so.

        What has the words as typed stands above all guesses.
        """
        ladder = self._ladder
        if not ladder.found_little(made, found.total):
            corrections = self._corrections(made)
            if not corrections:
                return made, found, ()
            made = with_bonus(made, corrections)
            return made, run(made), tuple(ladder.notes(corrections))
        guesses = ladder.guesses(made)
        if not guesses:
            return made, found, ()
        exact = replace(ladder.damped(made, guesses, 0.0), second=None)
        best = self._snapshot.run(exact, limit=_EXACT_HITS)
        if best.total and not self._ranked:
            return made, found, ()
        if best.total:
            wider = self._below(made, guesses, exact, best.hits[-1][0])
        else:
            wider = with_alternatives(ladder.damped(made, guesses), guesses)
            wider = self._rescored(wider, guesses)
        top = run(wider)
        if top.total == best.total:
            return made, found, ()
        return wider, top, tuple(ladder.notes(guesses))

    def _below(self, made: Plan, guesses: list[Alternative], exact: Plan, least: float) -> Plan:
        """Return ``made`` with ``guesses`` below all that matches ``exact``, the last of which scores ``least``."""

        def at(share: float) -> Plan:
            scaled = [replace(guess, node=weighted(guess.node, share)) for guess in guesses]
            damped = self._ladder.damped(made, guesses, share * DAMPING)
            return replace(with_alternatives(damped, scaled), second=None)

        others = at(1.0)
        others = replace(others, filters=(*others.filters, Not(exact.root)))
        best = self._snapshot.run(others, limit=1)
        if not best.total or best.hits[0][0] <= least * _BELOW:
            return at(1.0)
        return at(least * _BELOW / best.hits[0][0])

    def _rescored(self, made: Plan, alternatives: list[Alternative]) -> Plan:
        """Let the second stage look for what ``alternatives`` say."""
        wanted = plan(self._ladder.rewritten(alternatives), self._vocabulary, self._weights).plan
        return replace(made, second=wanted.second)
