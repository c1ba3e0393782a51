"""The glossary of a generation: names are found by the hash of their key, each with its other names and their evidence.

It is made anew whenever what the live documents gloss, or what the user says, has changed: from all of that, so that it
doesn't depend on how the documents came to be where they are.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis import glossary as names
from searchkit.analysis.glossary import name_key
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.query.expansion import Translation

Array = npt.NDArray[Any]

HASHES = "glossary.hashes"
"""The array with an item for each name."""
_CACHED = 16_384
_SEPARATOR = "\t"
_CERTAIN = 1
_ENCODING = "utf-8", "surrogatepass"


def glossary_arrays(glossary: names.Glossary) -> dict[str, Array]:
    """Return a glossary as the arrays of a block file, all of them empty where it is."""
    hashes = np.fromiter(map(_hash, glossary.spellings), np.uint32, len(glossary.spellings))
    # Keys are in order: those with one hash stay so.
    order = np.argsort(hashes, kind="stable")
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    number = dict(zip(glossary.spellings, numbers.tolist()))
    spellings = list(map(_SEPARATOR.join, glossary.spellings.values()))
    texts = [spellings[place].encode("utf-8", "surrogatepass") for place in order.tolist()]
    size = len(glossary.pairs)
    first = np.fromiter((number[pair.first] for pair in glossary.pairs), np.int64, size)
    second = np.fromiter((number[pair.second] for pair in glossary.pairs), np.int64, size)
    counts = np.fromiter((pair.documents << 1 | pair.certain for pair in glossary.pairs), np.int64, size)
    owners, others = np.concatenate((first, second)), np.concatenate((second, first))
    counts = np.concatenate((counts, counts))
    edges = np.lexsort((others, -(counts >> 1), owners))
    return {
        HASHES: hashes[order],
        "glossary.lengths": small(np.fromiter(map(len, texts), np.int64, len(texts))),
        "glossary.names": np.frombuffer(b"".join(texts), np.uint8),
        "glossary.degrees": small(np.bincount(owners, minlength=len(order))),
        "glossary.others": small(others[edges]),
        # The lowest bit says that the user is certain.
        "glossary.counts": small(counts[edges]),
    }


def write_glossary(writer: BlockFileWriter, arrays: Mapping[str, Array]) -> None:
    """Write the arrays of a glossary."""
    for name, values in arrays.items():
        writer.add(name, values)


class StoredGlossary:
    """What `write_glossary` wrote. Thread-safe."""

    def __init__(self, file: BlockFile) -> None:
        self._hashes = file.column(HASHES).all()
        self._names = file.column("glossary.names").all()
        self._bounds = _bounds(file.column("glossary.lengths").all())
        self._edges = _bounds(file.column("glossary.degrees").all())
        self._others = file.column("glossary.others").all()
        self._counts = file.column("glossary.counts").all()
        self._cache: OrderedDict[tuple[str, int], tuple[Translation, ...]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._hashes)

    def translations(self, key: str, least: int = 1) -> tuple[Translation, ...]:
        """Return the other names of the name with a key, those with most evidence first.

        Only those that ``least`` documents give, or the user.
        """
        with self._lock:
            found = self._cache.get((key, least))
            if found is not None:
                self._cache.move_to_end((key, least))
                return found
        number = self._find(key)
        found = () if number < 0 else self._others_of(number, least)
        with self._lock:
            self._cache[key, least] = found
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return found

    def _others_of(self, number: int, least: int) -> tuple[Translation, ...]:
        edges = np.arange(*self._edges[number : number + 2])
        counts = self._counts.take(edges)
        return tuple(self._chosen(edges[(counts >> 1 >= least) | (counts & _CERTAIN > 0)]))

    def spellings(self, number: int) -> tuple[str, ...]:
        """Return how name ``number`` is spelled, most frequent first."""
        text = self._names[self._bounds[number] : self._bounds[number + 1]].tobytes()
        return tuple(text.decode(*_ENCODING).split(_SEPARATOR))

    def pairs(self) -> list[tuple[tuple[str, ...], Translation]]:
        """Return all pairs once, as the spellings of one name and the other, those with most evidence first."""
        owners = np.repeat(np.arange(len(self)), np.diff(self._edges))
        once = np.flatnonzero(owners < self._others)
        order = once[np.argsort(-(self._counts[once].astype(np.int64)), kind="stable")]
        others = self._chosen(order)
        return [(self.spellings(owner), other) for owner, other in zip(owners[order].tolist(), others)]

    def _find(self, key: str) -> int:
        wanted = np.uint32(_hash(key))
        at = int(self._hashes.searchsorted(wanted))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            if name_key(self.spellings(at)[0]) == key:
                return at
            at += 1
        return -1

    def _chosen(self, edges: npt.NDArray[np.int64]) -> list[Translation]:
        """Return the names that some edges lead to; a name may have thousands."""
        others, names = self._others.take(edges), self._names.data
        starts, ends = self._bounds.take(others).tolist(), self._bounds.take(others + np.intp(1)).tolist()
        return [
            Translation(
                tuple(str(names[start:end], *_ENCODING).split(_SEPARATOR)), count >> 1, count & _CERTAIN > 0
            )
            for start, end, count in zip(starts, ends, self._counts.take(edges).tolist())
        ]


def _bounds(sizes: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.int64]:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return bounds


def _hash(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))
