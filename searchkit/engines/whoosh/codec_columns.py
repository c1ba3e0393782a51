"""Columns: a value per document, for sorting and grouping, kept as arrays whatever Whoosh's column type is.

Numbers lie as they are. Byte strings lie in one blob. Any other value is kept as JSON; see
`codec_stored`. Documents without a value have the default of the column.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.engines.whoosh.codec_stored import from_json, to_json
from searchkit.engines.whoosh.stock import columns

_NUMBERS = {"b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "l": "i4", "L": "u4"}
_NUMBERS |= {"q": "i8", "Q": "u8", "f": "f4", "d": "f8"}
_BYTES = (
    columns.VarBytesColumn,
    columns.RefBytesColumn,
    columns.CompressedBytesColumn,
    columns.CompressedBlockColumn,
)


class ColumnCollector:
    """Takes the values of a column in document order."""

    def __init__(self, column: Any) -> None:
        self._typecode = ""
        self._bounds = (None, None)
        if isinstance(column, columns.ClampedNumericColumn):
            column = column._child
            self._bounds = (
                columns.typecode_min[column._typecode],
                columns.typecode_max[column._typecode],
            )
        if isinstance(column, columns.NumericColumn):
            self.kind, self._typecode = "numbers", column._typecode
        elif isinstance(column, columns.BitColumn):
            self.kind = "bits"
        elif isinstance(column, _BYTES) or type(column) is columns.FixedBytesColumn:
            self.kind = "bytes"
        else:
            self.kind = "json"
        self._docs = array("I")
        self._numbers = array(self._typecode or "B")
        self._lengths = array("I")
        self._pieces: list[bytes] = []

    def add(self, doc: int, value: Any) -> None:
        """Take the value of a document.

        Raises:
            DocumentError, OverflowError, TypeError: the column can't hold it.
        """
        if self.kind == "numbers":
            low, high = self._bounds
            if low is not None and high is not None:
                value = max(low, min(high, value))
            self._numbers.append(value)
        elif self.kind == "bits":
            self._numbers.append(1 if value else 0)
        else:
            piece = bytes(value) if self.kind == "bytes" else to_json(value, "a column").encode()
            self._lengths.append(len(piece))
            self._pieces.append(piece)
        self._docs.append(doc)

    def write(self, writer: BlockFileWriter, prefix: str) -> None:
        """Write the arrays under names that begin with ``prefix``."""
        writer.add(f"{prefix}.docs", np.frombuffer(self._docs, np.uint32))
        if self.kind in ("numbers", "bits"):
            dtype = np.dtype(_NUMBERS[self._typecode or "B"])
            writer.add(f"{prefix}.numbers", np.array(self._numbers, dtype))
        else:
            ends = np.cumsum(np.frombuffer(self._lengths, np.uint32), dtype=np.int64)
            writer.add(f"{prefix}.offsets", small(np.concatenate((np.zeros(1, np.int64), ends))))
            writer.add(f"{prefix}.blob", b"".join(self._pieces))


class ArrayColumnReader(columns.ColumnReader):  # type: ignore[misc]
    """The values of a column; ``get`` gives that of a document."""

    def __init__(self, doc_count: int, get: Callable[[int], Any]) -> None:
        self._doccount = doc_count
        self._get = get

    def __getitem__(self, docnum: int) -> Any:
        return self._get(docnum)

    def __iter__(self) -> Iterator[Any]:
        return (self._get(docnum) for docnum in range(self._doccount))


class NumberColumnReader(ArrayColumnReader):
    """A column of numbers or of truth values, which can be sorted the other way round."""

    def __init__(self, values: npt.NDArray[Any], *, bits: bool = False) -> None:
        super().__init__(len(values), lambda doc: values[doc].item())
        self._values = values
        self._bits = bits
        self._reverse = False

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.tolist())

    def sort_key(self, docnum: int) -> Any:
        """Return a number to sort by."""
        value = self._get(docnum)
        if self._bits:
            return int(value ^ self._reverse)
        return 0 - value if self._reverse else value

    def set_reverse(self) -> None:
        """Sort the other way round."""
        self._reverse = True

    def load(self) -> list[Any]:
        """Return all values."""
        return list(self)


def column_reader(file: BlockFile, prefix: str, kind: str, column: Any, doc_count: int) -> ArrayColumnReader:
    """Return the values of a column that `ColumnCollector` wrote; ``column`` is Whoosh's, for its default."""
    docs = file.column(f"{prefix}.docs").all()
    if kind in ("numbers", "bits"):
        numbers = file.column(f"{prefix}.numbers").all()
        if kind == "bits":
            values = np.zeros(doc_count, np.bool_)
        else:
            child = column._child if isinstance(column, columns.ClampedNumericColumn) else column
            default = child.default_value()
            # The default of a sortable float is NaN, but the column holds it as a whole number: last of all.
            unfit = np.isnan(default) and numbers.dtype.kind in "iu"
            values = np.full(doc_count, np.iinfo(numbers.dtype).max if unfit else default, numbers.dtype)
        values[docs] = numbers
        return NumberColumnReader(values, bits=kind == "bits")
    places = np.full(doc_count, -1, np.int64)
    places[docs] = np.arange(len(docs))
    offsets, blob = file.column(f"{prefix}.offsets"), file.column(f"{prefix}.blob")
    default = _default(column, kind)

    def get(doc: int) -> Any:
        place = int(places[doc])
        if place < 0:
            return default
        piece = blob.slice(int(offsets[place]), int(offsets[place + 1])).tobytes()
        return piece if kind == "bytes" else from_json(piece)

    return ArrayColumnReader(doc_count, get)


def _default(column: Any, kind: str) -> Any:
    if isinstance(column, columns.PickleColumn):
        return None
    if column.stores_lists():
        return []
    default = getattr(column, "_default", None)
    return b"" if kind == "bytes" and default is None else default
