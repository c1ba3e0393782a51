"""``searchkit copy``: an index in another place."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, verbosity


@click.command(
    short_help="Copy the index to a cluster, or to a folder.",
    epilog="""\b
Examples:
  searchkit copy index/ opensearch://search.example.org:9200/papers
  searchkit copy opensearch://search.example.org:9200/papers index/""",
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@format_option("text", "json")
@verbosity
@click.pass_obj
def command(console: Console, source: str, target: str, *, output: str) -> int:
    """Copy the index FROM, a folder or the address of one on a cluster, TO where there is none.

    Neither the sources nor the analysis are needed; `searchkit index --index TO` goes on from there.
    """
    from searchkit.cli.progress import progress
    from searchkit.index.copying import copy

    with progress(console) as show:
        copied = copy(source, target, progress=show)
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "from": source,
                "index": target,
                "documents": copied.documents,
                "took_ms": round(copied.took_ms),
            }
        )
    elif not console.quiet:
        from searchkit.results.display import printable

        console.data(printable(f"{target}: {copied.documents:,} documents"))
    return 0
