"""``searchkit restore``: an index from a backup."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity


@click.command(
    short_help="Make an index of a backup.",
    epilog="""\b
Example:
  searchkit restore papers.backup --index ~/copy-of-my-index""",
)
@click.argument("file", metavar="FILE")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, file: str, *, folder: str, output: str) -> int:
    """Make an index of the backup FILE, in an empty or new folder."""
    from searchkit.index.maintenance import restore

    documents = restore(file, folder)
    if output == "json":
        console.json({"format_version": 1, "index": folder, "documents": documents})
    elif not console.quiet:
        from searchkit.results.display import printable

        console.data(printable(f"{folder}: {documents:,} documents"))
    return 0
