"""``searchkit repair``: make a damaged index whole again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity

if TYPE_CHECKING:
    from searchkit.index.maintenance import Repaired


@click.command(
    short_help="Make a damaged index whole again.",
    epilog="""\b
Examples:
  searchkit repair
  searchkit repair seeds/ --index ~/my-index     where even the list of sources is lost

\b
Goes back to the last sound commit; where there is none, indexes the sources anew.
Damaged files are set aside in a folder within the index, never deleted.""",
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, sources: tuple[str, ...], *, folder: str, output: str) -> int:
    """Bring back the last sound state of the index."""
    from searchkit.analysis.analyzer import WordAnalyzer
    from searchkit.cli.progress import progress
    from searchkit.index.maintenance import repair

    with progress(console) as show:
        done = repair(folder, WordAnalyzer(), sources, progress=show)
    for problem in done.problems:
        console.message(f"{folder}: {problem}")
    if done.lost:
        console.report(
            f"{done.lost} documents that were added by a program and stand in no source are lost; "
            "add them again"
        )
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "outcome": done.outcome,
                "generation": done.generation,
                "problems": list(done.problems),
                "aside": done.aside,
                "lost": done.lost,
            }
        )
    elif not console.quiet:
        from searchkit.results.display import printable

        console.data(printable(f"{folder}: {_outcome(done)}"))
    return 0


def _outcome(done: Repaired) -> str:
    if done.outcome == "sound":
        return f"sound, nothing to repair (generation {done.generation})"
    aside = f"; what was damaged is in {done.aside}" if done.aside else ""
    if done.outcome == "restored":
        return f"back to the last sound commit, now generation {done.generation}{aside}"
    added = "" if done.report is None else f" with {done.report.added:,} documents"
    return f"built anew from its sources{added}, generation {done.generation}{aside}"
