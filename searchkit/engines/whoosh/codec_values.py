"""What a posting says besides its document: frequency, positions, characters, boosts, as arrays.

Whoosh's formats pack these into bytes with pickle. Here they are kept as numbers, and packed again only when
somebody asks for the bytes, as Whoosh's merging does. A format that is not one of Whoosh's own keeps its
bytes as they are.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.engines.whoosh.mapped_column import Column
from searchkit.engines.whoosh.stock import formats

Array = npt.NDArray[Any]

_KINDS = {
    formats.Existence: "existence",
    formats.Frequency: "frequency",
    formats.Positions: "positions",
    formats.Characters: "characters",
    formats.PositionBoosts: "position_boosts",
    formats.CharacterBoosts: "character_boosts",
}
_WITH_POSITIONS = ("positions", "characters", "position_boosts", "character_boosts")
_COUNT = struct.Struct("!I")


def kind_of(format_: Any) -> str:
    """Return which arrays hold the values of a format; "raw" if they are kept as bytes."""
    return _KINDS.get(type(format_), "raw")


class Values(Protocol):
    """The values of a term's postings, by the number of the posting."""

    def frequency(self, posting: int) -> int:
        """Return how often the term occurs."""

    def items(self, posting: int, kind: str) -> list[Any]:
        """Return its places: what the format named ``kind`` decodes."""

    def raw(self, posting: int) -> bytes | None:
        """Return the bytes of a format unknown here, None for a known one."""


def value_as(values: Values, posting: int, name: str, format_: Any) -> Any:
    """Return the value of a posting as Whoosh's ``Matcher.value_as(name)`` does."""
    if values.raw(posting) is None:
        if name == "frequency":
            return values.frequency(posting) if type(format_) is not formats.Existence else 1
        if name in _WITH_POSITIONS and format_.supports(name):
            return values.items(posting, name)
    return format_.decoder(name)(value_bytes(values, posting, format_))


def value_bytes(values: Values, posting: int, format_: Any) -> bytes:
    """Return the value of a posting packed by its format."""
    raw = values.raw(posting)
    if raw is not None:
        return raw
    kind = kind_of(format_)
    if kind == "frequency":
        return _COUNT.pack(values.frequency(posting))
    if kind in _WITH_POSITIONS:
        packed = format_.encode(values.items(posting, kind))
        # CharacterBoosts returns the sum of the boosts as well.
        data: bytes = packed[0] if isinstance(packed, tuple) else packed
        return data
    return b""


class ValueCollector:
    """Collects the values of postings, term after term, without keeping an object for each."""

    def __init__(self, format_: Any) -> None:
        self.kind = kind_of(format_)
        self._counts = array("I")
        self._columns: dict[str, array[Any]] = {}
        self._raw: list[bytes] = []
        self.size = 0
        add: dict[str, Callable[[bytes], None]] = {
            "existence": lambda value: None,
            "frequency": self._add_frequency,
            "raw": self._add_raw,
        }
        self.add = add.get(self.kind, self._add_items)
        """Take the packed value of the next posting."""
        if self.kind in _WITH_POSITIONS:
            self._decode = getattr(format_, f"decode_{self.kind}")
            self._columns = {name: array("d" if name == "boosts" else "I") for name in _columns(self.kind)}

    def _add_frequency(self, value: bytes) -> None:
        # Words for spelling come with the value of some other posting.
        self._counts.append(_COUNT.unpack_from(value)[0] if len(value) >= _COUNT.size else 1)

    def _add_items(self, value: bytes) -> None:
        items = self._decode(value) if value else []
        self._counts.append(len(items))
        self.size += len(items)
        if self.kind == "positions":
            self._columns["positions"].extend(items)
        else:
            for column, values in zip(self._columns.values(), zip(*items)):
                column.extend(values)

    def _add_raw(self, value: bytes) -> None:
        self._counts.append(len(value))
        self.size += len(value)
        self._raw.append(value)

    def write(self, writer: BlockFileWriter, prefix: str) -> None:
        """Write the arrays under names that begin with ``prefix``."""
        if self.kind != "existence":
            writer.add(f"{prefix}.counts", small(np.frombuffer(self._counts, np.uint32).astype(np.int64)))
        if self.kind == "raw":
            writer.add(f"{prefix}.raw", b"".join(self._raw))
        for name, column in self._columns.items():
            values = np.frombuffer(column, np.float64 if name == "boosts" else np.uint32)
            writer.add(f"{prefix}.{name}", values if name == "boosts" else small(values.astype(np.int64)))


class StoredValues:
    """The values of all postings of a field, read from a block file."""

    def __init__(self, file: BlockFile, prefix: str, kind: str) -> None:
        self.kind = kind
        self._counts = None if kind == "existence" else file.column(f"{prefix}.counts")
        names = ("raw",) if kind == "raw" else _columns(kind)
        self._columns = [file.column(f"{prefix}.{name}") for name in names]

    def frequencies(self, start: int, stop: int) -> Array:
        """Return how often their term occurs in the postings from ``start`` up to ``stop``."""
        if self._counts is None or self.kind == "raw":
            return np.ones(stop - start, np.uint8)
        return self._counts.slice(start, stop)

    def of_term(self, start: int, stop: int, first_item: int) -> TermValues:
        """Return the values of a term's postings, ``first_item`` being the place of its first item."""
        return TermValues(self, self._counts, self._columns, start, stop, first_item)


class TermValues:
    """The values of one term's postings."""

    def __init__(
        self,
        stored: StoredValues,
        counts: Column | None,
        columns: list[Column],
        start: int,
        stop: int,
        first_item: int,
    ) -> None:
        self._kind = stored.kind
        self._columns = columns
        self._counts = np.ones(stop - start, np.int64) if counts is None else counts.slice(start, stop)
        self._first = first_item
        self._ends: npt.NDArray[np.int64] | None = None

    def _range(self, posting: int) -> tuple[int, int]:
        if self._ends is None:
            self._ends = np.cumsum(self._counts, dtype=np.int64) + self._first
        end = int(self._ends[posting])
        return end - int(self._counts[posting]), end

    def frequency(self, posting: int) -> int:
        """Return how often the term occurs."""
        return int(self._counts[posting])

    def items(self, posting: int, kind: str) -> list[Any]:
        """Return its places as the format named ``kind`` decodes them."""
        start, stop = self._range(posting)
        stored = dict(zip(_columns(self._kind), self._columns))
        if kind == "positions":
            positions: list[Any] = stored["positions"].slice(start, stop).tolist()
            return positions
        boosts = [1] * (stop - start)
        if "boosts" in stored:
            boosts = stored["boosts"].slice(start, stop).tolist()
        wanted = [
            boosts if name == "boosts" else stored[name].slice(start, stop).tolist()
            for name in _columns(kind)
        ]
        return list(zip(*wanted))

    def raw(self, posting: int) -> bytes | None:
        """Return the bytes of a format unknown here, None for a known one."""
        if self._kind != "raw":
            return None
        return self._columns[0].slice(*self._range(posting)).tobytes()


def _columns(kind: str) -> tuple[str, ...]:
    """Return the arrays that a kind needs, in the order in which its format has the items."""
    if kind not in _WITH_POSITIONS:
        return ()
    characters = ("start_chars", "end_chars") if kind.startswith("character") else ()
    boosts = ("boosts",) if kind.endswith("boosts") else ()
    return ("positions", *characters, *boosts)
