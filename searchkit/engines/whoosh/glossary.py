"""The glossary of a generation: names are found by the hash of their key, each with its other names and their evidence.

It is made anew whenever what the live documents gloss, or what the user says, has changed: from all of that, so that it
doesn't depend on how the documents came to be where they are.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from threading import Lock

import numpy as np
import numpy.typing as npt

from searchkit.analysis import glossary as names
from searchkit.analysis.glossary import name_key
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.query.expansion import Translation

_CACHED = 16_384
_SEPARATOR = "\t"
_CERTAIN = 1


def write_glossary(writer: BlockFileWriter, glossary: names.Glossary) -> None:
    """Write a glossary as arrays of a block file."""
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
    writer.add("glossary.hashes", hashes[order])
    writer.add("glossary.lengths", small(np.fromiter(map(len, texts), np.int64, len(texts))))
    writer.add("glossary.names", b"".join(texts))
    writer.add("glossary.degrees", small(np.bincount(owners, minlength=len(order))))
    writer.add("glossary.others", small(others[edges]))
    # The lowest bit says that the user is certain.
    writer.add("glossary.counts", small(counts[edges]))


class StoredGlossary:
    """What `write_glossary` wrote. Thread-safe."""

    def __init__(self, file: BlockFile) -> None:
        self._hashes = file.column("glossary.hashes").all()
        self._names = file.column("glossary.names").all()
        self._bounds = _bounds(file.column("glossary.lengths").all())
        self._edges = _bounds(file.column("glossary.degrees").all())
        self._others = file.column("glossary.others").all()
        self._counts = file.column("glossary.counts").all()
        self._cache: OrderedDict[str, tuple[Translation, ...]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._hashes)

    def translations(self, key: str) -> tuple[Translation, ...]:
        """Return the other names of the name with a key, those with most evidence first."""
        with self._lock:
            found = self._cache.get(key)
            if found is not None:
                self._cache.move_to_end(key)
                return found
        number = self._find(key)
        found = () if number < 0 else tuple(self._translations(number))
        with self._lock:
            self._cache[key] = found
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return found

    def spellings(self, number: int) -> tuple[str, ...]:
        """Return how name ``number`` is spelled, most frequent first."""
        text = self._names[self._bounds[number] : self._bounds[number + 1]].tobytes()
        return tuple(text.decode("utf-8", "surrogatepass").split(_SEPARATOR))

    def pairs(self) -> list[tuple[tuple[str, ...], Translation]]:
        """Return all pairs once, as the spellings of one name and the other, those with most evidence first."""
        owners = np.repeat(np.arange(len(self)), np.diff(self._edges))
        once = np.flatnonzero(owners < self._others)
        order = once[np.argsort(-(self._counts[once].astype(np.int64)), kind="stable")]
        return [(self.spellings(int(owners[edge])), self._translation(int(edge))) for edge in order]

    def _find(self, key: str) -> int:
        wanted = np.uint32(_hash(key))
        at = int(self._hashes.searchsorted(wanted))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            if name_key(self.spellings(at)[0]) == key:
                return at
            at += 1
        return -1

    def _translations(self, number: int) -> list[Translation]:
        return [
            self._translation(edge) for edge in range(int(self._edges[number]), int(self._edges[number + 1]))
        ]

    def _translation(self, edge: int) -> Translation:
        count = int(self._counts[edge])
        return Translation(self.spellings(int(self._others[edge])), count >> 1, bool(count & _CERTAIN))


def _bounds(sizes: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.int64]:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return bounds


def _hash(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))
