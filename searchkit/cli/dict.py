"""``searchkit dict``: the user's dictionary, synonyms and glossary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, terms_option, verbosity

if TYPE_CHECKING:
    from searchkit.index.dictionary_words import AddedWord


@click.group(
    "dict",
    short_help="Check and extend your own words.",
    epilog="""\b
Examples:
  searchkit dict suggest
  searchkit dict add 디퓨전 맘바/NNP
  searchkit dict check

\b
The files, in terms/ beside the index, are read by `searchkit index`:
  dictionary.txt   a word a line that is never cut, behind a tab its tag (NNG where there is none)
  synonyms.txt     a, b, c (each finds all)   or   a => b (a also finds b)
  glossary.txt     translations""",
)
@verbosity
def command() -> None:
    """Look after the files of your own words."""


@command.command(
    short_help="Name the bad lines.",
    epilog="""\b
Examples:
  searchkit dict check
  searchkit dict check my-words/synonyms.txt""",
)
@click.argument("file", required=False)
@format_option("text", "json")
@index_option
@terms_option
@verbosity
@click.pass_obj
def check(console: Console, file: str | None, *, folder: str, terms: str | None, output: str) -> int:
    """Name each line of FILE that would be skipped, and why; without one, of all files of the folder of terms.

    A file is read by its name: synonyms.txt, glossary.txt, any other as a dictionary.
    """
    from searchkit.engines.locate import folder_of
    from searchkit.index.terms import check_files, terms_folder

    found = check_files(terms_folder(folder_of(folder), terms) if file is None else Path(file))
    bad = [(path, line) for path, lines in found.items() for line in lines]
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "files": [str(path) for path in found],
                "problems": [
                    {"file": str(path), "line": each.line, "message": each.message} for path, each in bad
                ],
            }
        )
    else:
        from searchkit.results.display import printable

        for path, each in bad:
            console.data(printable(f"{path}:{each.line}: {each.message}"))
        if not bad and found:
            console.message(f"{', '.join(map(str, found))}: every line is right")
        if not found:
            console.message(f"{terms_folder(folder_of(folder), terms)}: there are no files of terms")
    return 1 if bad else 0


@command.command(
    short_help="Propose words from the corpus.",
    epilog="""\b
Examples:
  searchkit dict suggest
  searchkit dict suggest --min-count 10 --format json""",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=3,
    metavar="N",
    help="In so many documents.  [default: 3]",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, metavar="N", help="How many.  [default: 20]")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def suggest(console: Console, *, min_count: int, limit: int, folder: str, output: str) -> int:
    """Show frequent words that the analyzer doesn't know, with the number of documents and a place for each."""
    from searchkit.search_index import SearchIndex

    with SearchIndex.open(folder) as index:
        words = index.unknown_words(min_count=min_count, limit=limit)
    if output == "json":
        console.json({"format_version": 1, "words": [word.to_dict() for word in words]})
    elif words:
        from searchkit.cli.render import table
        from searchkit.results.display import printable

        rows = [("word", "documents", "why", "now", "place")]
        for word in words:
            place = word.example if word.source is None else f"{word.source}:{word.line or 1}"
            rows.append((word.word, f"{word.count:,}", word.reason, " ".join(word.pieces), place))
        lines = table([tuple(map(printable, row)) for row in rows])
        console.data("\n".join([console.bold(lines[0]), *lines[1:]]))
    if not words:
        console.message("nothing found")
    return 0 if words else 1


@command.command(
    short_help="Add words to the dictionary.",
    epilog="""\b
Examples:
  searchkit dict add 디퓨전
  searchkit dict add 맘바/NNP 어텐션싱크""",
)
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@format_option("text", "json")
@index_option
@terms_option
@verbosity
@click.pass_obj
def add(console: Console, words: tuple[str, ...], *, folder: str, terms: str | None, output: str) -> int:
    """Append each WORD to dictionary.txt and bring the index in line: only words and documents that hold it change.

    A WORD is a noun, or WORD/TAG with one of Kiwi's tags: NNG NNP VV VA MAG XR.
    """
    from searchkit.cli.options import as_typed
    from searchkit.search_index import SearchIndex

    with SearchIndex(folder, terms=_made(terms)) as index:
        added = index.add_words([as_typed(word) for word in words])
    change = added.change
    if output == "json":
        console.json(
            {
                "format_version": 1,
                "file": str(added.file),
                "words": [
                    {
                        "word": each.word.form,
                        "tag": each.word.tag,
                        "before": list(each.before),
                        "after": list(each.after),
                        "known": each.known,
                    }
                    for each in added.words
                ],
                "changed_words": 0 if change is None else change.words,
                "changed_documents": 0 if change is None else change.documents,
            }
        )
        return 0
    for each in added.words:
        console.data(_line(each))
    if change is None:
        console.message(f"{added.file}: written; there is no index in {folder} yet")
    else:
        console.message(
            f"{added.file}: {change.words:,} words of the index have other terms now, "
            f"{change.documents:,} documents hold them"
        )
    return 0


def _made(terms: str | None) -> str | None:
    """Make the folder of terms that was named, so that a first word can be written there."""
    if terms is not None:
        Path(terms).mkdir(parents=True, exist_ok=True)
    return terms


def _line(added: AddedWord) -> str:
    name = f"{added.word.form}/{added.word.tag}"
    if added.known:
        return f"{name}: known already"
    return f"{name}: {' '.join(added.before) or 'no term'} → {' '.join(added.after) or 'no term'}"
