"""``searchkit analyze``: which terms a text gives, and why."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, verbosity


@click.command(
    short_help="Show the terms of a text, and why.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit analyze '대규모 언어 모델(LLM)을 양자화했다'
  searchkit analyze GPT-4o의 --format json
  searchkit analyze --why 2023-12-08/2312.04461 확산 모델""",
)
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--why", metavar="ID", help="Say why the document ID answers the query TEXT, or why it doesn't."
)
@format_option("text", "json", "jsonl")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, text: tuple[str, ...], *, why: str | None, folder: str, output: str) -> int:
    """Show the terms of TEXT with their places in it and where they come from; needs no index, but for --why."""
    from searchkit.search_index import analyze

    whole = " ".join(text)
    if why is not None:
        return _why(console, whole, why, folder, output)
    terms = analyze(whole)
    if output == "json":
        console.json({"format_version": 1, "text": whole, "terms": [term.to_dict() for term in terms]})
    elif output == "jsonl":
        for term in terms:
            console.json(term.to_dict(), indent=None)
    else:
        from searchkit.cli.render import table
        from searchkit.results.display import printable

        rows = [(f"{term.start}-{term.end}", term.word, term.text, term.kind, term.reason) for term in terms]
        heading = ("place", "word", "term", "kind", "why")
        lines = table([tuple(map(printable, row)) for row in (heading, *rows)])
        console.data("\n".join([console.bold(lines[0]), *lines[1:]]))
    return 0


def _why(console: Console, query: str, document_id: str, folder: str, output: str) -> int:
    from searchkit.search_index import SearchIndex

    with SearchIndex.open(folder) as index:
        found = index.why(query, document_id)
    if found is None:
        console.message(f"there is no document {document_id} in {folder}")
        return 1
    if output == "text":
        from searchkit.results.display import printable

        console.data("\n".join(map(printable, found.as_text().split("\n"))))
    else:
        console.json(found.to_dict(), indent=2 if output == "json" else None)
    return 0 if found.matched else 1
