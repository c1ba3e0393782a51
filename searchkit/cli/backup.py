"""``searchkit backup``: the index as one file."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity


@click.command(
    short_help="Write the index to one file.",
    epilog="""\b
Example:
  searchkit backup papers.backup --index ~/my-index""",
)
@click.argument("file", metavar="FILE")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, file: str, *, folder: str, output: str) -> int:
    """Write the last commit to FILE, whoever writes to the index meanwhile; `restore` brings it back."""
    from searchkit.index.maintenance import backup

    made = backup(folder, file)
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "file": file,
                "generation": made.generation,
                "documents": made.documents,
                "files": made.files,
                "bytes": made.bytes,
            }
        )
    elif not console.quiet:
        from searchkit.results.display import printable

        console.data(printable(f"{file}: {made.documents:,} documents, {made.bytes:,} bytes"))
    return 0
