"""``searchkit verify``: whether every byte of the index is what was committed."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity


@click.command(
    short_help="Check the index for damage.",
    epilog="""\b
Examples:
  searchkit verify
  searchkit verify --deep --index ~/my-index

\b
Exits with 0 if the index is sound, 1 if it is damaged, 2 if it can't be read. Writes nothing.""",
)
@click.option("--deep", is_flag=True, help="Also check that the parts of the index fit together.")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, *, folder: str, output: str, deep: bool) -> int:
    """Check every file of the index against its checksums, and name the damaged ones."""
    from searchkit.index.maintenance import verify

    found = verify(folder, deep=deep)
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "sound": found.sound,
                "generation": found.generation,
                "files": found.files,
                "bytes": found.bytes,
                "problems": [{"file": file, "message": message} for file, message in found.problems],
            }
        )
    else:
        from searchkit.results.display import printable

        for problem in found.problems:
            console.data(printable(str(problem)))
        if found.sound and not console.quiet:
            size = f"{found.files} files, {found.bytes:,} bytes"
            console.data(f"{printable(folder)}: sound (generation {found.generation}, {size})")
    if not found.sound:
        console.message(f"{folder}: damaged; run `searchkit repair --index {folder}`")
        return 1
    return 0
