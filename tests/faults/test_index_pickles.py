"""Crafted pickles in every place that is read: none runs, whatever is done with the index."""

from __future__ import annotations

import base64
import builtins
import json
import os
import pickle
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_index import answers, chance, documents, json_lines, reseal

from searchkit import SearchIndex, SearchkitError
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.manifest import FileRecord, Manifest
from searchkit.engines.whoosh.store import Store
from searchkit.index import maintenance


class Touch:
    """A pickle of this makes a file, in one of several ways, when it is loaded."""

    def __init__(self, how: int, mark: Path) -> None:
        self.how, self.mark = how, str(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        ways: tuple[tuple[Any, ...], ...] = (
            (os.system, (f"touch '{self.mark}'",)),
            (builtins.exec, (f"open({self.mark!r}, 'w').close()",)),
            (builtins.eval, (f"open({self.mark!r}, 'w').close()",)),
            (Path.touch, (Path(self.mark),)),
            (subprocess.call, (["touch", self.mark],)),
        )
        return ways[self.how % len(ways)]


def payloads(mark: Path) -> list[bytes]:
    """Return 100 pickles: five ways, all protocols, bare, within other objects, and encoded as others do it."""
    found = []
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for how in range(5):
            bare = pickle.dumps(Touch(how, mark), protocol)
            found += [
                bare,
                pickle.dumps({"segments": [Touch(how, mark)], "schema": Touch(how + 1, mark)}, protocol),
                zlib.compress(bare),
                base64.b64encode(bare),
            ]
    assert len(found) >= 100
    return found[-100:]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "index"
    json_lines(folder.parent / "papers.jsonl", documents("p", 3, chance("pickles")))
    index = SearchIndex.build(folder.parent / "papers.jsonl", folder)
    index.add(documents("d", 4, chance("more")))
    index.delete("d1")
    index.close()
    return folder


def manifest_of(index: Path) -> Manifest:
    pin = Store(index).pin()
    pin.release()
    return pin.manifest


def attempt(action: Callable[[], object]) -> None:
    """Do something that may fail in a way that a caller can handle; only code that runs is of interest."""
    try:
        action()
    except (SearchkitError, ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError):
        return


def use(index: Path, elsewhere: Path, analyzer: WordAnalyzer) -> None:
    """Do everything with an index that reads it."""

    def read() -> None:
        with SearchIndex.open(index) as reader:
            attempt(lambda: reader.search("diffusion model", facets=True))
            attempt(lambda: reader.search("author:kim trans*"))
            attempt(lambda: reader.search("", sort="votes"))
            attempt(lambda: reader.get("d2"))
            attempt(lambda: reader.explain("diffusion", "d2"))
            attempt(reader.stats)

    elsewhere.mkdir()
    attempt(read)
    attempt(lambda: maintenance.verify(index, deep=True))
    attempt(lambda: maintenance.backup(index, elsewhere / "backup"))
    attempt(lambda: maintenance.restore(elsewhere / "backup", elsewhere / "restored"))
    attempt(lambda: SearchIndex(index).add(documents("n", 1, chance("new")), timeout=0.0))
    attempt(lambda: maintenance.repair(index, analyzer))
    attempt(lambda: SearchIndex(index).update(rebuild=True))
    shutil.rmtree(elsewhere)


def replace_whole(index: Path, name: str, payload: bytes) -> None:
    (index / name).write_bytes(payload)


def replace_record(index: Path, old: FileRecord, new: FileRecord) -> None:
    """Let the manifest name what a file holds now, its checksums right."""
    manifest = manifest_of(index)
    path = index / f"MANIFEST-{manifest.generation}.json"
    values = json.loads(path.read_bytes())

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("name") == old.name:
                return {"name": new.name, "size": new.size, "checksum": new.checksum}
            return {key: change(inner) for key, inner in value.items()}
        return [change(inner) for inner in value] if isinstance(value, list) else value

    path.write_bytes(json.dumps(change(values), indent=1).replace("{\n ", "{", 1).encode() + b"\n")
    reseal(index)


def craft_plain(index: Path, record: FileRecord, payload: bytes) -> None:
    (index / record.name).write_bytes(payload)
    replace_record(index, record, FileRecord(record.name, len(payload), zlib.crc32(payload)))


def craft_array(index: Path, record: FileRecord, array: str, payload: bytes) -> None:
    """Put a payload in the place of an array; all checksums are those of a file that was meant like this."""
    file = BlockFile.open(index, record)
    arrays = {name: np.array(file.column(name).all()) for name in file.names}
    (index / record.name).unlink()
    writer = BlockFileWriter(Files(index), record.name)
    for name, values in arrays.items():
        room = bytes(-len(payload) % values.dtype.itemsize)
        writer.add(name, np.frombuffer(payload + room, values.dtype) if name == array else values)
    replace_record(index, record, writer.finish())


def craft_manifest(index: Path, payload: bytes, key: str) -> None:
    """Put a payload where the manifest has free text."""
    path = index / f"MANIFEST-{manifest_of(index).generation}.json"
    values = json.loads(path.read_bytes())
    values[key] = {**values[key], "pickle": payload.decode("latin-1")}
    path.write_bytes(json.dumps(values, indent=1).replace("{\n ", "{", 1).encode() + b"\n")
    reseal(index)


def places(template: Path) -> Iterator[tuple[str, Callable[[Path, bytes], None]]]:
    """Yield every place of an index that something is read from, and what puts a payload there."""
    manifest = manifest_of(template)
    for path in sorted(template.iterdir()):
        if path.is_file():
            yield f"whole file {path.name}", lambda i, p, n=path.name: replace_whole(i, n, p)
    for key in ("versions", "extra"):
        yield f"manifest {key}", lambda i, p, k=key: craft_manifest(i, p, k)
    for record in manifest.files():
        if record.name.endswith((".toc", ".txt", ".json")):
            yield f"sealed {record.name}", lambda i, p, r=record: craft_plain(i, r, p)
            continue
        for name in BlockFile.open(template, record).names:
            yield (
                f"array {name} of {record.name}",
                lambda i, p, r=record, n=name: craft_array(i, r, n, p),
            )


def plant(template: Path, scratch: Path, whole: int, array: int) -> int:
    """Put ``whole`` payloads in each place, ``array`` in each array of a file; return how many that were."""
    mark, index = scratch / "ran", scratch / "index"
    crafted = payloads(mark)
    analyzer = WordAnalyzer()
    number = 0
    for place, put in places(template):
        for _ in range(array if place.startswith("array") else whole):
            shutil.copytree(template, index)
            put(index, crafted[number % len(crafted)])
            use(index, scratch / "elsewhere", analyzer)
            assert not mark.exists(), f"a pickle ran: {place}, payload {number % len(crafted)}"
            shutil.rmtree(index)
            number += 1
    return number


def test_the_payloads_would_run(tmp_path: Path) -> None:
    for payload in payloads(tmp_path / "ran"):
        try:
            data = zlib.decompress(payload)
        except zlib.error:
            try:
                data = base64.b64decode(payload, validate=True)
            except ValueError:
                data = payload
        pickle.loads(data)
        mark = tmp_path / "ran"
        assert mark.exists()
        mark.unlink()


def test_no_pickle_runs(template: Path, tmp_path: Path) -> None:
    assert plant(template, tmp_path, 4, 1) >= 100


@pytest.mark.campaign
def test_no_pickle_runs_anywhere(template: Path, tmp_path: Path) -> None:
    assert plant(template, tmp_path, 100, 10) >= 2500


def test_no_pickle_in_a_backup_runs(template: Path, tmp_path: Path) -> None:
    backup, mark = tmp_path / "backup", tmp_path / "ran"
    maintenance.backup(template, backup)
    with tarfile.open(backup) as archive:
        members = [member.name for member in archive.getmembers()]
    whole = backup.read_bytes()
    for number, payload in enumerate(payloads(mark)):
        if number % 4 == 0:
            crafted = payload
        else:
            # In the place of a member, and behind a header that is right.
            at = whole.index(members[number % len(members)].encode()) + 512
            crafted = whole[:at] + payload + whole[at + len(payload) :]
        (tmp_path / "crafted").write_bytes(crafted)
        with pytest.raises(SearchkitError):
            maintenance.restore(tmp_path / "crafted", tmp_path / "restored")
        assert not mark.exists()


def test_nothing_of_ours_unpickles(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "_load", "_loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    index = tmp_path / "index"
    shutil.copytree(template, index)
    before = answers(index)
    SearchIndex(index).add(documents("new", 9, chance("unpickling")))
    SearchIndex(index).update()
    SearchIndex(index).delete("new3")
    assert answers(index) != before
    assert maintenance.verify(index, deep=True).sound
    maintenance.backup(index, tmp_path / "backup")
    maintenance.restore(tmp_path / "backup", tmp_path / "restored")
    assert answers(tmp_path / "restored") == answers(index)
    newest = max(index.glob("*.src"), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert maintenance.repair(index, WordAnalyzer()).outcome == "restored"
    assert SearchIndex.open(index).stats()["documents"]
    SearchIndex(index).update(rebuild=True)
