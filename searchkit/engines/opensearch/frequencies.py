"""How many documents hold each term: kept as changes that add up, so that no commit counts all documents.

What a commit stores counts up and what it deletes counts down; both are inverted as the embedded engine inverts them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.inversion import invert
from searchkit.engines.whoosh.lexicon import StoredLexicon

Ints = npt.NDArray[np.int64]


class Frequencies:
    """For some strings of the lexicon, ascending, by how much more documents hold them, layer by layer."""

    def __init__(self, strings: Ints, layers: dict[Layer, Ints]) -> None:
        self.strings = strings
        self.layers = layers

    @classmethod
    def none(cls) -> Frequencies:
        """Return those of no document."""
        return cls(np.zeros(0, np.int64), {layer: np.zeros(0, np.int64) for layer in Layer})

    @classmethod
    def of(
        cls, codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints, lexicon: StoredLexicon, sign: int = 1
    ) -> Frequencies:
        """Count documents, given as `searchkit.engines.whoosh.inversion.invert` wants them, ``sign`` times."""
        blocks = invert(codes, offsets, bullets, lexicon)
        return cls._joined(
            {
                layer: (
                    np.concatenate([block[layer].terms for block in blocks]),
                    np.concatenate([np.diff(block[layer].offsets) for block in blocks]).astype(np.int64)
                    * sign,
                )
                for layer in Layer
            }
        )

    @classmethod
    def _joined(cls, found: dict[Layer, tuple[Ints, Ints]]) -> Frequencies:
        strings = np.unique(np.concatenate([terms for terms, _ in found.values()])).astype(np.int64)
        layers = {}
        for layer, (terms, counts) in found.items():
            layers[layer] = np.zeros(len(strings), np.int64)
            np.add.at(layers[layer], np.searchsorted(strings, terms), counts)
        return cls(strings, layers)

    @classmethod
    def sum(cls, several: Sequence[Frequencies]) -> Frequencies:
        """Add up several."""
        if len(several) == 1:
            return several[0]
        if not several:
            return cls.none()
        strings = np.concatenate([each.strings for each in several])
        return cls._joined(
            {layer: (strings, np.concatenate([each.layers[layer] for each in several])) for layer in Layer}
        )

    def renumbered(self, numbers: Ints) -> Frequencies:
        """Return them with string ``numbers[i]`` in place of i."""
        strings = numbers[self.strings]
        order = np.argsort(strings, kind="stable")
        return Frequencies(strings[order], {layer: counts[order] for layer, counts in self.layers.items()})

    def table(self, layer: Layer, size: int) -> Ints:
        """Return the numbers of ``layer`` by string, for the strings below ``size``."""
        counts = np.zeros(size, np.int64)
        counts[self.strings] = self.layers[layer]
        return counts

    def write(self, writer: BlockFileWriter) -> None:
        """Write them as arrays of a block file."""
        writer.add("frequencies.strings", np.diff(self.strings, prepend=0).astype(np.uint32))
        for layer, counts in self.layers.items():
            writer.add(f"frequencies.{layer.name.lower()}", counts.astype(np.int32))

    @classmethod
    def read(cls, file: BlockFile) -> Frequencies:
        """Return what `write` wrote."""
        strings = np.cumsum(file.column("frequencies.strings").all(), dtype=np.int64)
        return cls(
            strings,
            {
                layer: file.column(f"frequencies.{layer.name.lower()}").all().astype(np.int64)
                for layer in Layer
            },
        )

    def __len__(self) -> int:
        return len(self.strings)
