"""Frequencies that are kept as changes add up to those of all documents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.token import Layer
from searchkit.engines.opensearch.frequencies import Frequencies
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files

STRINGS = 12
CHANGES = st.dictionaries(
    st.integers(0, STRINGS - 1),
    st.lists(st.integers(-3, 1000), min_size=len(Layer), max_size=len(Layer)),
    max_size=6,
)


def frequencies(changes: dict[int, list[int]]) -> Frequencies:
    strings = sorted(changes)
    return Frequencies(
        np.array(strings, np.int64),
        {layer: np.array([changes[string][layer] for string in strings], np.int64) for layer in Layer},
    )


@settings(max_examples=100)
@given(st.lists(CHANGES, max_size=4))
def test_they_add_up(several: list[dict[int, list[int]]]) -> None:
    summed = Frequencies.sum([frequencies(changes) for changes in several])
    assert np.all(np.diff(summed.strings) > 0)
    for layer in Layer:
        expected = [
            sum(changes.get(string, [0] * 5)[layer] for changes in several) for string in range(STRINGS)
        ]
        assert summed.table(layer, STRINGS).tolist() == expected


@settings(max_examples=50)
@given(CHANGES, st.permutations(range(STRINGS)))
def test_strings_may_get_other_numbers(changes: dict[int, list[int]], numbers: list[int]) -> None:
    found = frequencies(changes).renumbered(np.array(numbers, np.int64))
    expected = frequencies({numbers[string]: counts for string, counts in changes.items()})
    for layer in Layer:
        assert found.table(layer, STRINGS).tolist() == expected.table(layer, STRINGS).tolist()


def test_they_come_back_from_a_file(tmp_path: Path) -> None:
    made = frequencies({3: [1, -2, 0, 70_000, 5], 11: [0, 0, 1, -1, 2]})
    writer = BlockFileWriter(Files(tmp_path), "x")
    made.write(writer)
    read = Frequencies.read(BlockFile.open(tmp_path, writer.finish()))
    assert len(read) == 2
    for layer in Layer:
        assert read.table(layer, 20).tolist() == made.table(layer, 20).tolist()
    assert len(Frequencies.none()) == 0
