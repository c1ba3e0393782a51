"""Zstandard: records compressed each by itself, with a dictionary of what many of them have in common.

Only here is the module imported that Python has from 3.14 on, and its backport before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 3
_MAX_RECORD_BYTES = 1 << 30
_MAX_WINDOW_BITS = 23
"""A reader sets no more memory aside than this; the level above never looks back as far."""
_DICTIONARY_SHARE = 16
"""The dictionary is made of every so many records: more would take more room than it saves."""
_MAX_DICTIONARY_BYTES = 112 * 1024
_MIN_DICTIONARY_BYTES = 2 * 1024
_MAX_SAMPLES = 256
_MAX_SAMPLE_BYTES = 8 * 1024

SAMPLE_BYTES = _DICTIONARY_SHARE * _MAX_DICTIONARY_BYTES
"""So many bytes of records are enough to make a dictionary."""


def make_dictionary(records: Sequence[bytes]) -> bytes:
    """Return the dictionary for ``records`` and others like them; empty if they are too few to need one."""
    content = b"".join([record[:_MAX_SAMPLE_BYTES] for record in records[::_DICTIONARY_SHARE]])
    if len(content) < _MIN_DICTIONARY_BYTES:
        return b""
    others = [record[:_MAX_SAMPLE_BYTES] for place, record in enumerate(records) if place % _DICTIONARY_SHARE]
    samples = others[:: len(others) // _MAX_SAMPLES + 1]
    beginning = zstd.ZstdDict(content[:_MAX_DICTIONARY_BYTES], is_raw=True)
    try:
        return zstd.finalize_dict(beginning, samples, _MAX_DICTIONARY_BYTES, _LEVEL).dict_content
    except (zstd.ZstdError, ValueError):  # nothing can be learnt from samples like these
        return b""


class Compressor:
    """Makes a frame of each record; ``dictionary`` may be empty."""

    def __init__(self, dictionary: bytes) -> None:
        options: dict[int, int] = {
            zstd.CompressionParameter.compression_level: _LEVEL,
            zstd.CompressionParameter.dict_id_flag: 0,
        }
        known = zstd.ZstdDict(dictionary).as_digested_dict if dictionary else None
        self._compressor = zstd.ZstdCompressor(options=options, zstd_dict=known)

    def frame(self, record: bytes) -> bytes:
        """Return a record compressed."""
        return self._compressor.compress(record, zstd.ZstdCompressor.FLUSH_FRAME)


class Decompressor:
    """Reads frames that were made with ``dictionary``. Thread-safe.

    Raises:
        ValueError: the dictionary is none.
    """

    def __init__(self, dictionary: bytes) -> None:
        try:
            self._dictionary = zstd.ZstdDict(dictionary) if dictionary else None
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from error

    def record(self, frame: bytes) -> bytes:
        """Return the record of a frame.

        Raises:
            ValueError: it isn't one, or it says that it is larger than any record.
        """
        reader = zstd.ZstdDecompressor(
            self._dictionary, {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_BITS}
        )
        try:
            record = reader.decompress(frame, _MAX_RECORD_BYTES)
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from error
        if not reader.eof or reader.unused_data:
            raise ValueError("it is no whole frame")
        return record
