"""How good are the answers? Queries and judgements in, the measures of trec_eval out."""

from __future__ import annotations

import math
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from searchkit.errors import SearchkitError, SourceError
from searchkit.search_index import SearchIndex

PathLike = str | os.PathLike[str]
Run = dict[str, list[tuple[str, float]]]
"""The ids and scores that each query found, best first."""
Judgements = dict[str, dict[str, int]]
"""How relevant documents are to each query; more is better, 0 is not."""

DEPTH = 100
_CUT = 10
_MEASURES = {"nDCG@10": "ndcg_cut_10", "hit@1": "success_1", "recall@100": "recall_100"}
_RECIPROCAL_RANK = "recip_rank"
_TAG = "searchkit"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run is worth.

    ``queries`` counts what was asked, ``judged`` those of them with judgements: ``measures`` are means over these.
    ``without_hits`` are the ids of queries that found nothing; ``times_ms`` is what each query took.
    """

    queries: int
    judged: int
    measures: dict[str, float]
    without_hits: tuple[str, ...]
    times_ms: tuple[float, ...]
    by_query: dict[str, dict[str, float]] = field(repr=False)

    def percentile(self, percent: int) -> float:
        """Return the time in ms that so many of a hundred queries stayed below."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return {
            "format_version": 1,
            "queries": self.queries,
            "judged": self.judged,
            "measures": self.measures,
            "without_hits": list(self.without_hits),
            "latency_ms": {"p50": self.percentile(50), "p99": self.percentile(99)},
        }


def evaluate(
    index: SearchIndex,
    queries: Mapping[str, str],
    judgements: Judgements,
    *,
    expand: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Evaluation, Run]:
    """Ask ``queries`` (id → text) and judge the 100 best hits of each.

    Times are those of the ranking, from the typed text to 100 ids: nothing is made ready to be shown.

    Raises:
        SearchkitError: the extra ``eval`` is not installed.
    """
    _pytrec_eval()
    from searchkit.answers.answer import Request, answer

    run: Run = {}
    times: list[float] = []
    for number, (name, text) in enumerate(queries.items(), 1):
        started = time.perf_counter()
        view = index._current()  # the same generation that `search` would see, without snippets
        found = answer(view, Request(query=text, limit=DEPTH, expand=expand)).top.hits
        ids = view.snapshot.ids([handle for _, handle in found])
        hits = [(name, score) for name, (score, _) in zip(ids, found, strict=True)]
        times.append((time.perf_counter() - started) * 1000)
        run[name] = falling(hits)
        if progress is not None:
            progress(number, len(queries))
    by_query = judge(run, judgements)
    measures = {
        measure: math.fsum(values[measure] for values in by_query.values()) / max(len(by_query), 1)
        for measure in ("nDCG@10", "MRR@10", "hit@1", "recall@100")
    }
    return Evaluation(
        queries=len(queries),
        judged=len(by_query),
        measures=measures,
        without_hits=tuple(name for name, hits in run.items() if not hits),
        times_ms=tuple(times),
        by_query=by_query,
    ), run


def falling(hits: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return ``hits`` with scores in single precision that fall strictly, for trec_eval orders equal ones by id."""
    made: list[tuple[str, float]] = []
    last = math.inf
    for name, score in hits:
        last = min(_single(score), _below(last))
        made.append((name, last))
    return made


def _single(value: float) -> float:
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


def _below(value: float) -> float:
    """Return the greatest number in single precision below ``value``, which is above 0 or infinite."""
    if math.isinf(value):
        return value
    bits: int = struct.unpack("<i", struct.pack("<f", value))[0]
    # Numbers above 0 are ordered as their bits are, those below 0 the other way round.
    below = -0x7FFFFFFF if bits in (0, -0x80000000) else bits - 1 if bits > 0 else bits + 1
    found: float = struct.unpack("<f", struct.pack("<i", below))[0]
    return found


def _pytrec_eval() -> Any:
    try:
        import pytrec_eval
    except ImportError as error:
        raise SearchkitError("the measures come with an extra: pip install 'searchkit[eval]'") from error
    return pytrec_eval


def judge(run: Run, judgements: Judgements) -> dict[str, dict[str, float]]:
    """Return the measures of each judged query of ``run``; where nothing was found they are 0.

    Raises:
        SearchkitError: the extra ``eval`` is not installed.
    """
    pytrec_eval = _pytrec_eval()
    judged = {name: judgements[name] for name in run if judgements.get(name)}
    names = {*_MEASURES.values(), _RECIPROCAL_RANK}
    whole = {name: dict(run[name]) for name in judged}
    cut = {name: dict(run[name][:_CUT]) for name in judged}
    found = pytrec_eval.RelevanceEvaluator(judged, names).evaluate(whole)
    ranks = pytrec_eval.RelevanceEvaluator(judged, {_RECIPROCAL_RANK}).evaluate(cut)
    return {
        name: {
            **{measure: found.get(name, {}).get(own, 0.0) for measure, own in _MEASURES.items()},
            "MRR@10": ranks.get(name, {}).get(_RECIPROCAL_RANK, 0.0),
        }
        for name in judged
    }


def read_queries(path: PathLike) -> dict[str, str]:
    """Read queries: a line each, id and text with a tab between them.

    Raises:
        SourceError: the file can't be read, or a line is something else.
    """
    queries: dict[str, str] = {}
    for number, line in _lines(path):
        name, tab, text = line.partition("\t")
        if not tab or not name or name.split() != [name]:
            raise SourceError("a line must be an id, a tab and a query", path=Path(path), line=number)
        if name in queries:
            raise SourceError(f"the id {name!r} stands there twice", path=Path(path), line=number)
        queries[name] = text
    return queries


def read_judgements(path: PathLike) -> Judgements:
    """Read judgements as TREC has them: query, a number that is ignored, document, relevance.

    Raises:
        SourceError: the file can't be read, or a line is something else.
    """
    judgements: Judgements = {}
    for number, line in _lines(path):
        columns = line.split()
        try:
            query, _, document, relevance = columns
            judgements.setdefault(query, {})[document] = int(relevance)
        except ValueError:
            raise SourceError(
                "a line must be: query 0 document relevance", path=Path(path), line=number
            ) from None
    return judgements


def _lines(path: PathLike) -> Iterator[tuple[int, str]]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"can't be read: {error.strerror}", path=Path(path)) from error
    except UnicodeError as error:
        raise SourceError("is not UTF-8", path=Path(path)) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.rstrip("\r")


def write_run(path: PathLike, run: Run) -> None:
    """Write a run as trec_eval reads it: query, Q0, document, rank, score, tag.

    Raises:
        SearchkitError: the file can't be written.
    """
    lines = [
        f"{query} Q0 {document} {rank} {score:.9g} {_TAG}\n"
        for query, hits in run.items()
        for rank, (document, score) in enumerate(hits, 1)
    ]
    try:
        Path(path).write_text("".join(lines), encoding="utf-8", newline="\n")
    except OSError as error:
        raise SearchkitError(f"{path}: can't be written: {error.strerror}") from error
