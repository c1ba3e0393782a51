"""Write a folder of digests down as what the peers read: texts, ready terms, queries.

    python -m bench.prepare DIGESTS OUT [--seed N]

Documents come from the product's own reader, terms from its own analysis, so that every peer has the same:

* ``documents.tsv``: id, title, then the bullets, a column each;
* ``terms.tsv``: id, the base terms of the title, those of the bullets (separated by spaces);
* ``queries.tsv``, ``warmup.tsv``: one to four words of one document's bullets, then their base terms;
* ``facts.json``: documents, bytes of text, distinct words and chunks.
"""

from __future__ import annotations

import argparse
import json
import random
from array import array
from collections.abc import Iterator
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Context, Kind, WordKey
from searchkit.analysis.words import split_chunk
from searchkit.document import Document
from searchkit.sources.reader import read_file
from searchkit.sources.root import discover

QUERIES = 1000
WARM_UP = 500
MOST_WORDS = 4
DOCUMENTS_AT_ONCE = 20_000


def documents(folder: Path) -> Iterator[Document]:
    """Read the documents of a folder; of several with one id the first."""
    seen: set[str] = set()
    for file in discover(str(folder)).files:
        for document in read_file(file, file.path.read_bytes()).documents:
            if document.id not in seen:
                seen.add(document.id)
                yield document


class Terms:
    """Numbers the words of chunks, and knows the base terms of each word."""

    def __init__(self) -> None:
        self.analyzer = WordAnalyzer()
        self.numbers: dict[WordKey, int] = {}
        self.chunks: dict[str, tuple[int, ...]] = {}
        self.keys: list[WordKey] = []
        self.base: list[tuple[str, ...]] = []

    def words(self, text: str) -> array[int]:
        """Return the numbers of the words of a text, in its order."""
        out = array("i")
        for chunk in text.split():
            known = self.chunks.get(chunk)
            if known is None:
                known = self.chunks[chunk] = tuple(self._number(word.key) for word in split_chunk(chunk))
            out.extend(known)
        return out

    def _number(self, key: WordKey) -> int:
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.keys)
            self.keys.append(key)
        return number

    def analyze_new(self) -> None:
        """Analyse the words that came since the last call."""
        for tokens in self.analyzer.analyze(self.keys[len(self.base) :]):
            self.base.append(tuple(token.text for token in tokens if token.kind == Kind.BASE))

    def of(self, words: array[int]) -> str:
        """Return the base terms of the words, separated by spaces."""
        base = self.base
        return " ".join(term for word in words for term in base[word])


class Drawer:
    """Keeps an even sample of documents and draws queries from them."""

    def __init__(self, wanted: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.wanted = wanted
        self.seen = 0
        self.kept: list[array[int]] = []

    def offer(self, words: array[int]) -> None:
        """Show the words of one document."""
        self.seen += 1
        if len(self.kept) < self.wanted:
            self.kept.append(words)
        elif (place := self.random.randrange(self.seen)) < self.wanted:
            self.kept[place] = words

    def queries(self, terms: Terms) -> list[str]:
        """Return as many lines of a query file as were wanted."""
        self.random.shuffle(self.kept)
        lines: list[str] = []
        while self.kept and len(lines) < self.wanted:
            for words in self.kept:
                typable = sorted(
                    {word for word in words if terms.keys[word].context == Context.FREE and terms.base[word]}
                )
                if typable and len(lines) < self.wanted:
                    drawn = self.random.sample(typable, min(len(typable), self.random.randint(1, MOST_WORDS)))
                    text = " ".join(terms.keys[word].form for word in drawn)
                    distinct = dict.fromkeys(term for word in drawn for term in terms.base[word])
                    lines.append(f"{text}\t{' '.join(distinct)}\n")
        return lines


def clean(text: str) -> str:
    """Return the text on one line, without tabs."""
    return " ".join(text.split())


def prepare(folder: Path, out: Path, seed: int) -> None:
    """Write the files of `__doc__` to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    terms, drawer = Terms(), Drawer(QUERIES + WARM_UP, seed)
    pending: list[tuple[str, array[int], array[int]]] = []
    count = text_bytes = 0

    with (
        (out / "documents.tsv").open("w", encoding="utf-8", newline="\n") as texts,
        (out / "terms.tsv").open("w", encoding="utf-8", newline="\n") as ready,
    ):

        def write_pending() -> None:
            terms.analyze_new()
            for name, title, bullets in pending:
                ready.write(f"{name}\t{terms.of(title)}\t{terms.of(bullets)}\n")
            pending.clear()

        for document in documents(folder):
            columns = (document.id, clean(document.title), *map(clean, document.bullets))
            texts.write("\t".join(columns) + "\n")
            words = terms.words(" ".join(document.bullets))
            pending.append((document.id, terms.words(document.title), words))
            drawer.offer(words)
            count += 1
            text_bytes += sum(len(text.encode()) for text in (document.title, *document.bullets))
            text_bytes += sum(len(label.encode()) for label in document.labels if label)
            if len(pending) >= DOCUMENTS_AT_ONCE:
                write_pending()
        write_pending()

    lines = drawer.queries(terms)
    (out / "warmup.tsv").write_text("".join(lines[:WARM_UP]), encoding="utf-8")
    (out / "queries.tsv").write_text("".join(lines[WARM_UP:]), encoding="utf-8")
    facts = {
        "documents": count,
        "text_bytes": text_bytes,
        "words": len(terms.keys),
        "hangul": len({key.form for key in terms.keys if "가" <= key.form[0] <= "힣"}),
        "chunks": len(terms.chunks),
    }
    (out / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("digests", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=20_240_402)
    options = parser.parse_args()
    prepare(options.digests, options.out, options.seed)


if __name__ == "__main__":
    main()
