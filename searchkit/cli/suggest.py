"""``searchkit suggest``: complete what is being typed."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, verbosity


@click.command(
    short_help="Complete what is being typed.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit suggest 확사              half a syllable: 확산, 확산 모델
  searchkit suggest ㅎㅅ ㅁㄷ          first consonants
  searchkit suggest large lang --format json""",
)
@click.argument("prefix", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=0), default=10, metavar="N", help="How many.  [default: 10]")
@format_option("text", "json", "jsonl")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, prefix: tuple[str, ...], *, folder: str, output: str, limit: int) -> int:
    """Complete PREFIX with words and pairs of words of the documents, the most frequent first."""
    from searchkit.search_index import SearchIndex

    typed = " ".join(prefix)
    with SearchIndex.open(folder) as index:
        suggestions = index.suggest(typed, limit=limit)
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "prefix": typed,
                "suggestions": [suggestion.to_dict() for suggestion in suggestions],
            }
        )
    elif output == "jsonl":
        for suggestion in suggestions:
            console.json(suggestion.to_dict(), indent=None)
    else:
        from searchkit.results.display import printable

        for suggestion in suggestions:
            console.data(printable(suggestion.text))
    if not suggestions:
        console.message("nothing found")
        return 1
    return 0
