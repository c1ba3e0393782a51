"""``searchkit index``: bring an index up to date with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, terms_option, verbosity

if TYPE_CHECKING:
    from searchkit.index.report import IndexReport

DEFAULT_SOURCE = "seeds/"


@click.command(
    short_help="Add and refresh what is to be found.",
    epilog="""\b
Examples:
  searchkit index seeds/
  searchkit index ~/notes papers.jsonl --index ~/my-index
  searchkit index                       refresh all sources known
  searchkit index --forget old-notes/

\b
Sources are files or folders: paper digests (.md), JSON Lines (.jsonl) and notes (.md, .txt).
Only what changed is read again; what is gone from a source is removed.""",
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--rebuild", is_flag=True, help="Index all sources from nothing.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--forget", multiple=True, metavar="SOURCE", help="Drop a source and its documents.")
@click.option("--strict", is_flag=True, help="Exit with 2 if anything was reported.")
@format_option("text", "json")
@index_option
@terms_option
@verbosity
@click.pass_obj
def command(
    console: Console,
    sources: tuple[str, ...],
    *,
    folder: str,
    terms: str | None,
    output: str,
    rebuild: bool,
    dry_run: bool,
    forget: tuple[str, ...],
    strict: bool,
) -> int:
    """Add or refresh each SOURCE; without one, all those the index knows (a new one begins with seeds/)."""
    import gc

    from searchkit.index.head_start import head_start

    # Millions of words and documents are made here and hardly a cycle: looking for cycles took an eighth of the time.
    gc.set_threshold(200_000, 20, 100)
    with head_start(folder, () if dry_run else sources):
        # Only now: while all of this is imported, Kiwi loads.
        from searchkit.cli.progress import progress
        from searchkit.search_index import SearchIndex

        with SearchIndex(folder, terms=terms) as index, progress(console) as show:
            if not sources and not forget and not index.exists():
                sources = (DEFAULT_SOURCE,)
            report = index.update(sources, forget=forget, rebuild=rebuild, dry_run=dry_run, progress=show)
    for problem in report.problems:
        where = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        console.report(f"{where}: {problem.message}")
    if output == "json":
        console.json(report.as_dict())
    elif not console.quiet:
        console.data(("dry run: " if dry_run else "") + _summary(report))
    return 2 if strict and report.problems else 0


def _summary(report: IndexReport) -> str:
    counts = ("added", "updated", "unchanged", "removed", "skipped", "duplicates")
    parts = [f"{name} {getattr(report, name):,}" for name in counts]
    parts.append(f"reported {len(report.problems):,}")
    return f"{', '.join(parts)} ({report.took_ms / 1000:.2f} s)"
