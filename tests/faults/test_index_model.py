"""Thousands of operations on an index and on a plain dict: the same documents, the same answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from payload import FailingFiles, Gone
from real_index import (
    KOREAN,
    QUERIES,
    WORDS,
    chance,
    document,
    expect_tidy,
    expect_whole,
    json_lines,
    writing_through,
)

from searchkit import Document, SearchIndex, SearchkitError
from searchkit.engines.whoosh.store import Store

Given = dict[str, Document]


class Model:
    """What the index should hold, in dicts.

    ``library`` are documents added by a program, ``files`` those of each file when it was last read, ``hidden``
    the entries of files that were deleted.
    """

    def __init__(self) -> None:
        self.library: Given = {}
        self.files: dict[str, Given] = {}
        self.hidden: Given = {}

    def copy(self) -> Model:
        other = Model()
        other.library = dict(self.library)
        other.files = {name: dict(given) for name, given in self.files.items()}
        other.hidden = dict(self.hidden)
        return other

    def documents(self) -> Given:
        """Return all documents that count: the library's, then the first of each id in the order of the files."""
        found = dict(self.library)
        for name in sorted(self.files):
            for given in self.files[name].values():
                found.setdefault(given.id, given)
        return {key: value for key, value in found.items() if self.hidden.get(key) != value}

    def add(self, given: Iterable[Document]) -> None:
        for one in given:
            self.library[one.id] = one
            self.hidden.pop(one.id, None)

    def delete(self, ids: Iterable[str]) -> int:
        count = 0
        for key in dict.fromkeys(ids):
            if key not in self.documents():
                continue
            count += 1
            self.library.pop(key, None)
            below = self.documents().get(key)
            if below is not None:
                self.hidden[key] = below
        return count

    def update(self, disk: dict[str, Given], *, rebuild: bool) -> None:
        self.files = {name: dict(given) for name, given in disk.items()}
        if rebuild:
            self.hidden = {}
        shown = Model()
        shown.library, shown.files = self.library, self.files
        first = shown.documents()
        self.hidden = {key: old for key, old in self.hidden.items() if first.get(key) == old}


class Machine:
    """An index, the model of it, and operations that do the same to both."""

    def __init__(self, tmp_path: Path, name: str) -> None:
        self.random = chance(name)
        self.scratch = tmp_path / "fresh"
        self.folder = tmp_path / "index"
        self.papers = tmp_path / "papers"
        self.papers.mkdir()
        self.model = Model()
        self.disk: dict[str, Given] = {}
        self.done: dict[str, int] = {}
        self.index = SearchIndex(self.folder)
        self.add()
        self.reader = SearchIndex.open(self.folder)

    def some(self, count: int) -> list[Document]:
        words = [*WORDS, *KOREAN, f"new{self.random.randrange(10**6)}"]
        ids = self.random.sample(range(60), count)
        return [document(f"d{number}", self.random, words=words) for number in ids]

    def write_file(self) -> None:
        """Change a file, make one or remove one; the index does not know yet."""
        name = f"{self.random.choice('abc')}.jsonl"
        path = self.papers / name
        if name in self.disk and self.random.random() < 0.2:
            path.unlink()
            del self.disk[name]
            return
        given = {one.id: one for one in self.some(self.random.randint(1, 8))}
        if name in self.disk and self.random.random() < 0.5:
            given = {**self.disk[name], **dict(list(given.items())[:1])}
        json_lines(path, list(given.values()))
        self.disk[name] = given

    # Each operation returns what to do to the index, what to do to the model, or None for nothing.

    def adding(self) -> tuple[Callable[[SearchIndex], object], Callable[[Model], object]]:
        given = self.some(self.random.choice((1, 1, 1, 2, 3, 6)))
        if self.random.random() < 0.2:
            # Twice in one call: the last one counts.
            given.append(replace(given[0], title="second thoughts"))
        return lambda index: index.add(given), lambda model: model.add(given)

    def deleting(self) -> tuple[Callable[[SearchIndex], object], Callable[[Model], object]]:
        ids = [f"d{number}" for number in self.random.choices(range(66), k=self.random.choice((1, 1, 2, 5)))]
        return lambda index: index.delete(ids), lambda model: model.delete(ids)

    def updating(self) -> tuple[Callable[[SearchIndex], object], Callable[[Model], object]]:
        self.write_file()
        rebuild = self.random.random() < 0.1
        return (
            lambda index: index.update([self.papers], rebuild=rebuild),
            lambda model: model.update(self.disk, rebuild=rebuild),
        )

    def add(self) -> None:
        on_index, on_model = self.adding()
        on_index(self.index)
        on_model(self.model)

    def delete(self) -> None:
        on_index, on_model = self.deleting()
        assert on_index(self.index) == on_model(self.model)

    def update(self) -> None:
        on_index, on_model = self.updating()
        on_index(self.index)
        on_model(self.model)

    def reject(self) -> None:
        """A batch that turns out to hold something that can't be indexed changes nothing."""
        loop: list[Any] = []
        loop.append(loop)
        wrong: Any = self.random.choice(
            (None, 7, {"id": "d1"}, Document(id="x", extra={"a": {1}}), Document(id="d2", extra={"a": loop}))
        )
        given: list[Any] = [*self.some(self.random.randint(0, 3)), wrong, *self.some(1)]
        before = Store(self.folder).current()
        with pytest.raises(SearchkitError):
            self.index.add(given)
        assert Store(self.folder).current() == before

    def merge(self) -> None:
        """Many small commits in a row, which become one segment."""
        for _ in range(self.random.randint(4, 9)):
            given = self.some(1)
            self.index.add(given)
            self.model.add(given)

    def reopen(self) -> None:
        self.index.close()
        self.index = SearchIndex.open(self.folder)
        self.reader.close()

    def crash(self) -> None:
        """The writer is gone at some operation; the commit took place as a whole, or not at all."""
        on_index, on_model = self.random.choice((self.adding, self.deleting, self.updating))()
        new = self.model.copy()
        on_model(new)
        counted = self.random.randrange(150)
        files = FailingFiles(self.folder, counted, self.random.choice(("gone", "gone-after")))
        before = Store(self.folder).current()
        try:
            with writing_through(files), SearchIndex(self.folder) as index:
                on_index(index)
        except Gone:
            expect_whole(self.folder, deep=False)
        else:
            assert not files.failed
            self.model = new
            return
        # The documents are compared after each operation, the record of the files by the updates that follow.
        if Store(self.folder).current() != before:
            self.model = new

    def compare(self) -> None:
        """The index answers as a dict would, through a reader that has been there all the while."""
        expected = self.model.documents()
        found = self.reader.search("", limit=1000)
        assert {hit.id: essence(hit.document) for hit in found} == shown(self.model)
        assert found.total == len(self.reader) == len(expected)
        word = self.random.choice(WORDS)
        hits = self.reader.search(word, limit=1000, expand=False)
        holding = {
            key for key, one in expected.items() if word in " ".join((one.title, *one.bullets)).split()
        }
        assert holding <= {hit.id for hit in hits}, word
        some = self.random.choice(sorted(expected) or ["d0"])
        got = self.reader.get(some)
        assert (got is None) == (some not in expected)

    def compare_with_fresh(self) -> None:
        """Every score is that of an index made of the same documents at once."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        stored = [hit.document for hit in self.reader.search("", limit=1000)]
        with SearchIndex.build(stored, self.scratch) as fresh:
            for query, options in (*QUERIES, ("확산 모델 model", {})):
                one = self.reader.search(query, limit=1000, **options)
                other = fresh.search(query, limit=1000, **options)
                assert [hit.id for hit in one] == [hit.id for hit in other], query
                for mine, theirs in zip(one, other):
                    assert mine.score == pytest.approx(theirs.score, abs=1e-4), (query, mine.id)
                assert (one.total, one.facets) == (other.total, other.facets)

    def run(self, operations: int) -> None:
        weights = {
            self.add: 30,
            self.delete: 20,
            self.update: 15,
            self.reject: 10,
            self.merge: 5,
            self.reopen: 5,
            self.crash: 15,
        }
        for number in range(operations):
            (operation,) = self.random.choices(list(weights), list(weights.values()))
            name = operation.__name__
            self.done[name] = self.done.get(name, 0) + 1
            try:
                operation()
                self.compare()
                if number % 25 == 0:
                    self.compare_with_fresh()
                    expect_whole(self.folder)
            except Exception as error:
                raise AssertionError(f"operation {number}: {name}") from error
        # What a reader holds stays; these two hold nothing now.
        self.reader.close()
        self.index.close()
        self.add()
        expect_tidy(self.folder)
        expect_whole(self.folder)
        assert len(self.done) == len(weights)


def essence(given: Document) -> tuple[Any, ...]:
    return given.title, given.bullets, given.date, given.authors, given.votes


def shown(model: Model) -> dict[str, tuple[Any, ...]]:
    return {key: essence(one) for key, one in model.documents().items()}


def test_a_thousand_operations(tmp_path: Path) -> None:
    Machine(tmp_path, "operations").run(1000)


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(5))
def test_ten_thousand_operations(tmp_path: Path, part: int) -> None:
    Machine(tmp_path, f"part {part}").run(2000)
