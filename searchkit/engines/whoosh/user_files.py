"""The copies of the user's files that lie with a generation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from searchkit.engines.whoosh.blockfile import read_plain, write_plain
from searchkit.engines.whoosh.manifest import FileRecord, Manifest
from searchkit.engines.whoosh.transaction import Transaction
from searchkit.errors import IndexCorrupt

_RECORDED = "terms"


def read_user_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return the copies that the generation of ``manifest`` holds, by the names of the files.

    Raises:
        IndexCorrupt: one is damaged.
    """
    return {name: read_plain(folder, record) for name, record in _records(folder, manifest).items()}


def write_user_files(
    transaction: Transaction, files: Mapping[str, bytes], base: tuple[Path, Manifest] | None
) -> tuple[list[FileRecord], dict[str, dict[str, str]]]:
    """Write copies of all but empty ``files``; return their records and what the manifest says of them.

    A copy of ``base``, an index folder and its manifest, that is still right is used again.
    """
    kept = {} if base is None else read_user_files(*base)
    old = {} if base is None else _records(*base)
    records: list[FileRecord] = []
    named: dict[str, str] = {}
    for name, data in files.items():
        if not data:
            continue
        if kept.get(name) == data:
            record = old[name]
        else:
            record = write_plain(transaction.files, transaction.new_name("txt"), data)
            transaction.record(record)
        records.append(record)
        named[name] = record.name
    return records, {_RECORDED: named}


def _records(folder: Path, manifest: Manifest) -> dict[str, FileRecord]:
    named = manifest.extra.get(_RECORDED, {})
    records = {record.name: record for record in manifest.user_files}
    if not isinstance(named, dict) or not all(kept in records for kept in named.values()):
        raise IndexCorrupt("the manifest names no such copy of the user's files", path=folder)
    return {name: records[kept] for name, kept in named.items()}
