"""The tables of a run, the goals beside the figures, and how the cost grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.catalogue import FIELDS, MIX, NAMES, PLAIN, SIMILAR, SUGGEST, TEXT
from bench.corpora import MILLION, Corpus

if TYPE_CHECKING:
    from bench.session import Measured

Results = Sequence[tuple[Corpus, "list[Measured]"]]
Commands = Mapping[str, Mapping[str, float]]
PARTS = (
    (MIX, "the ranking alone, both stages, ten (id, score)"),
    (NAMES, "the same with other names, from glossary and titles"),
    (SUGGEST, "`suggest`, the query without its last letter"),
    (SIMILAR, "`similar`, ten hits with snippets"),
)
"""What else of ours is timed from typed text."""


def render(
    results: Results,
    commands: Commands,
    *,
    when: str,
    host: str,
    versions: Mapping[str, str],
    minutes: float,
) -> str:
    """Return the whole report as Markdown."""
    parts = [
        "# Results of `make bench`",
        f"{when}; {host}; the run took {minutes:.0f} minutes. README.md explains the rows.",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
    ]
    for corpus, measured in results:
        parts.append(
            f"## {corpus.title}, {corpus.text_mib:,.1f} MiB of text, {corpus.words:,} distinct words"
        )
        parts += _corpus(corpus, measured, commands.get(corpus.key, {}))
    parts += ["## How the cost grows", _growth(results), "## Goals", _goals(results, commands)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, numbers to the right."""
    rule = "| --- |" + " ---: |" * (len(head) - 1)
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], rule, *lines[1:]])


def _corpus(corpus: Corpus, measured: Sequence[Measured], commands: Mapping[str, float]) -> list[str]:
    parts = []
    from_text = [one for one in measured if TEXT in one.peer.modes or not one.peer.indexes]
    if from_text:
        parts.append("From text to a finished index, whole process, and typed text searched in it:")
        head = ("peer", "build s", "MiB/s", "size MiB", "peak MiB", "p50 ms", "p95 ms", "p99 ms", "query MiB")
        rows = [_text_row(corpus, one) for one in from_text]
        rows += [
            [f"{one.peer.title}: {title}", *[""] * 4, *_latencies(one, mode)]
            for one in from_text
            for mode, title in PARTS
            if mode in one.peer.modes and not one.failed
        ]
        parts.append(table(head, rows))
    head = (
        "peer",
        "build s",
        "size MiB",
        "peak MiB",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "query MiB",
        "same top 10",
    )
    for mode, title in (
        (PLAIN, "The same terms, bullets only, one thread, the ten best without the total:"),
        (FIELDS, "The same terms, title × 4 + bullets:"),
    ):
        rows = [_terms_row(one, mode) for one in measured if mode in one.peer.modes]
        if rows:
            parts += [title, table(head, rows)]
    if commands:
        parts += ["The command line (medians, whole process):", _command_table(commands)]
    return parts


def _title(one: Measured) -> str:
    return one.peer.title + (f" ({', '.join(one.notes)})" if one.notes else "")


def _text_row(corpus: Corpus, one: Measured) -> list[str]:
    if one.failed:
        return [f"{_title(one)}: {one.failed}", *[""] * 8]
    share = one.peer.document_step(corpus)
    speed = corpus.text_mib / share / one.figures["build_s"]
    build = [_number(one.figures, name) for name in ("build_s", "size_mib", "build_mib")]
    return [_title(one), build[0], f"{speed:.2f}", *build[1:], *_latencies(one, TEXT)]


def _terms_row(one: Measured, mode: str) -> list[str]:
    if one.failed:
        return [f"{_title(one)}: {one.failed}", *[""] * 8]
    # Our index is built from the text; its cost stands in the first table.
    ours = one.peer.key == "searchkit"
    build = ["", "", ""] if ours else [_number(one.figures, n) for n in ("build_s", "size_mib", "build_mib")]
    same = one.figures.get(f"{mode}_same")
    return [_title(one), *build, *_latencies(one, mode), "" if same is None else f"{same:.1%}"]


def _latencies(one: Measured, mode: str) -> list[str]:
    return [_number(one.figures, f"{mode}_{name}") for name in ("p50", "p95", "p99", "mib")]


def _number(figures: Mapping[str, float], name: str) -> str:
    value = figures.get(name)
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _command_table(commands: Mapping[str, float]) -> str:
    rows = [
        ("`searchkit search`, words in the lexicon", "known_s", "known_mib"),
        ("`searchkit search`, with a word that Kiwi must see", "unknown_s", "unknown_mib"),
        ("`searchkit index` again, nothing changed", "same_s", ""),
        ("`searchkit index` again, one file changed, no new word", "changed_s", ""),
        ("`searchkit index` again, one file changed, twenty new words", "new_words_s", ""),
    ]
    lines = [[title, _number(commands, s), _number(commands, mib)] for title, s, mib in rows if s in commands]
    return table(("command", "s", "peak MiB"), lines)


def _growth(results: Results) -> str:
    """Return what each step in size costs; the exponent is that of text: 1 grows as the text does."""
    rows: list[list[str]] = []
    before: tuple[Corpus, float] | None = None
    for corpus, measured in results:
        ours = next((one for one in measured if one.peer.key == "searchkit" and not one.failed), None)
        if ours is None:
            continue
        seconds = ours.figures["build_s"]
        exponent = ""
        if before is not None and corpus.text_bytes != before[0].text_bytes:
            ratio = corpus.text_bytes / before[0].text_bytes
            exponent = f"{math.log(seconds / before[1]) / math.log(ratio):.2f}"
        per_paper = seconds / corpus.documents * 1e6
        latency = [_number(ours.figures, f"{mode}_p50") for mode in (PLAIN, TEXT)]
        cells = [_number(ours.figures, name) for name in ("size_mib", "build_mib")]
        rows.append(
            [
                corpus.title,
                f"{corpus.text_mib:,.1f}",
                f"{corpus.words:,}",
                f"{seconds:,.2f}",
                f"{per_paper:,.0f}",
                exponent,
                *cells,
                *latency,
            ]
        )
        before = corpus, seconds
    if not rows:
        return "searchkit did not take part in this run."
    head = (
        "searchkit", "text MiB", "distinct words", "build s", "µs a paper", "exponent", "size MiB",
        "peak MiB", "engine p50 ms", "search p50 ms",
    )  # fmt: skip
    note = "Between a row and the one above it, build time grows like text ^ exponent."
    return table(head, rows) + "\n\n" + note


def _goals(results: Results, commands: Commands) -> str:
    """Return each goal with its figure; a row only where its corpus was measured."""
    figures = {corpus.key: {one.peer.key: one.figures for one in measured} for corpus, measured in results}
    corpus_of = {corpus.key: corpus for corpus, _ in results}
    rows: list[list[str]] = []

    def value(key: str, peer: str, name: str) -> float | None:
        return figures.get(key, {}).get(peer, {}).get(name)

    def goal(text: str, limit: float, figure: float | None, form: str, reason: str = "not measured") -> None:
        if figure is None:
            rows.append([text, reason, ""])
        else:
            rows.append([text, form.format(figure), "yes" if figure <= limit else "**no**"])

    def ratio(key: str, name: str, peer: str, theirs: str | None = None) -> float | None:
        ours, other = value(key, "searchkit", name), value(key, peer, theirs or name)
        return None if ours is None or not other else ours / other

    def ahead(key: str, peer: str, title: str) -> None:
        for percent in (50, 99):
            text = f"query {corpus_of[key].documents:,}, plain: p{percent} ahead of {title}"
            goal(text, 1.0, ratio(key, f"{PLAIN}_p{percent}", peer), "{:.2f} ×")

    five, hundred, million = "5488", "100000", str(MILLION)
    if five in figures:
        goal("index 5,488 papers: ≤ 1.0 × Lucene + nori", 1.0, ratio(five, "build_s", "nori"), "{:.2f} ×")
        goal("index 5,488 papers: ≤ 0.35 × Kiwi's batch", 0.35, ratio(five, "build_s", "kiwi"), "{:.2f} ×")
        size = value(five, "searchkit", "size_mib")
        per_text = None if size is None else size / corpus_of[five].text_mib
        goal("index size at 5,488 papers: ≤ 1.6 × the text", 1.6, per_text, "{:.2f} ×")
    if hundred in figures:
        goal("index 100,000: ≤ 0.6 × Lucene + nori", 0.6, ratio(hundred, "build_s", "nori"), "{:.2f} ×")
        goal("index 100,000: peak ≤ 2 GiB", 2048, value(hundred, "searchkit", "build_mib"), "{:,.0f} MiB")
        ahead(hundred, "tantivy", "tantivy's")
        ahead(hundred, "lucene", "Lucene's")
        for percent, limit in ((50, 1.5), (99, 5.0)):
            figure = value(hundred, "searchkit", f"{NAMES}_p{percent}")
            goal(
                f"query 100,000, full mix with glossary: p{percent} ≤ {limit:g} ms",
                limit,
                figure,
                "{:.2f} ms",
            )
        full = value(hundred, "searchkit", f"{TEXT}_p50")
        goal("`SearchIndex.search`, 100,000, with total and snippets: p50 ≤ 5 ms", 5.0, full, "{:.2f} ms")
        tail = value(hundred, "searchkit", f"{SUGGEST}_p99")
        goal("`suggest`, 100,000: p99 ≤ 5 ms", 5.0, tail, "{:.2f} ms")
    if million in figures:
        goal("index 1,000,000: peak ≤ 4 GiB", 4096, value(million, "searchkit", "build_mib"), "{:,.0f} MiB")
        small, large = value(hundred, "searchkit", "build_s"), value(million, "searchkit", "build_s")
        if small and large:
            growth = corpus_of[million].text_bytes / corpus_of[hundred].text_bytes
            goal(
                "index 1,000,000: time grows no faster than the text (against 100,000)",
                1.0,
                large / small / growth,
                "{:.2f} × the growth of the text",
            )
        ahead(million, "tantivy", "tantivy's")
    for key in (five, hundred):
        if key in commands:
            _command_goals(goal, f"{corpus_of[key].documents:,} papers", commands[key])
    if not rows:
        return "None of the corpora that goals are set for was measured."
    return table(("goal", "figure", "met"), rows)


def _command_goals(goal: Callable[..., None], papers: str, figures: Mapping[str, float]) -> None:
    for text, limit, name, form in (
        ("`searchkit search`, known words: ≤ 0.35 s", 0.35, "known_s", "{:.2f} s"),
        ("`searchkit search`, known words: ≤ 120 MB", 120 / 1.048576, "known_mib", "{:.0f} MiB"),
        ("`searchkit search`, a new word: ≤ 1.2 s", 1.2, "unknown_s", "{:.2f} s"),
        ("`searchkit search`, a new word: ≤ 400 MB", 400 / 1.048576, "unknown_mib", "{:.0f} MiB"),
        ("index again, nothing changed: ≤ 0.3 s", 0.3, "same_s", "{:.2f} s"),
        ("index again, one file changed: ≤ 1 s", 1.0, "changed_s", "{:.2f} s"),
        ("index again, one file with new words: ≤ 1 s + Kiwi's load (0.9 s)", 1.9, "new_words_s", "{:.2f} s"),
    ):
        goal(f"{papers}: {text}", limit, figures.get(name), form)
