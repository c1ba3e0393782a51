from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest

from searchkit.engines.whoosh.manifest import (
    FORMAT_VERSION,
    FileRecord,
    Manifest,
    Previous,
    SegmentRecord,
    valid_name,
)
from searchkit.errors import IndexCorrupt, IndexIncompatible

MANIFEST = Manifest(
    generation=7,
    versions={"format": "1", "kiwi": "0.24.0"},
    segments=(
        SegmentRecord("ab1", FileRecord("MAIN_ab1.seg", 100, 1), 10),
        SegmentRecord("cd2", FileRecord("MAIN_cd2.seg", 200, 2), 20, FileRecord("MAIN_cd2.del-7", 9, 3), 4),
    ),
    lexicon=(FileRecord("MAIN_x.lex", 5, 4), FileRecord("MAIN_y.lex", 6, 5)),
    sources=FileRecord("MAIN_z.src", 7, 6),
    user_files=(FileRecord("MAIN_u.txt", 8, 7),),
    glossary=FileRecord("MAIN_g.gls", 12, 8),
    documents=26,
    toc=FileRecord("_MAIN_7.toc", 9, 2**32 - 1),
    previous=Previous(6, 12345),
    extra={"확산": ["모델", 1, None]},
)


def test_a_manifest_comes_back() -> None:
    data = MANIFEST.to_json()
    assert Manifest.from_json(data) == MANIFEST
    assert json.loads(data)["generation"] == 7
    assert [record.name for record in MANIFEST.files()] == [
        "MAIN_x.lex",
        "MAIN_y.lex",
        "MAIN_ab1.seg",
        "MAIN_cd2.seg",
        "MAIN_cd2.del-7",
        "MAIN_z.src",
        "MAIN_g.gls",
        "_MAIN_7.toc",
        "MAIN_u.txt",
    ]
    empty = Manifest(generation=1)
    assert Manifest.from_json(empty.to_json()) == empty


def test_every_flipped_bit_is_noticed() -> None:
    data = MANIFEST.to_json()
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            with pytest.raises(IndexCorrupt, match="damaged"):
                Manifest.from_json(bytes(changed), path="MANIFEST-7.json")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"checksum": "', b"\xff" * 100, b'{"checksum": "00000000"}']
)
def test_something_else(data: bytes) -> None:
    with pytest.raises(IndexCorrupt):
        Manifest.from_json(data)


def sealed(values: dict[str, Any]) -> bytes:
    data = json.dumps({**values, "checksum": "00000000"}).encode()
    return data.replace(b"00000000", b"%08x" % zlib.crc32(data), 1)


def crafted(**changes: Any) -> bytes:
    return sealed({**json.loads(MANIFEST.to_json()), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"generation": "7"},
        {"generation": True},
        {"generation": -1},
        {"generation": 1 << 70},
        {"generation": None},
        {"versions": {"kiwi": 1}},
        {"versions": []},
        {"documents": 25},
        {"documents": 26.0},
        {"segments": {}},
        {"segments": [None]},
        {"segments": [{"id": "../x"}]},
        {"lexicon": [{"name": "MAIN_x.lex", "size": 1, "checksum": -1}]},
        {"lexicon": [{"name": "MAIN_x.lex", "size": 1, "checksum": 1 << 32}]},
        {"lexicon": [{"name": "MAIN_x.lex", "size": 1}]},
        {"lexicon": [{"name": "MAIN_ab1.seg", "size": 1, "checksum": 1}]},
        {"lexicon": [{"name": "../../etc/passwd", "size": 1, "checksum": 1}]},
        {"sources": "MAIN_z.src"},
        {"user_files": "MAIN_u.txt"},
        {"toc": 5},
        {"previous": {"generation": 6}},
        {"extra": []},
        {"format_version": True},
    ],
)
def test_crafted_manifests_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((IndexCorrupt, IndexIncompatible)):
        Manifest.from_json(crafted(**changes))


def test_deep_nesting_is_refused() -> None:
    data = crafted().decode().replace('"extra"', '"deep": ' + "[" * 100_000 + "]" * 100_000 + ', "extra"')
    start = data.index('"checksum": "') + len('"checksum": "')
    data = data[:start] + "00000000" + data[start + 8 :]
    data = data[:start] + f"{zlib.crc32(data.encode()):08x}" + data[start + 8 :]
    with pytest.raises(IndexCorrupt):
        Manifest.from_json(data.encode())


@pytest.mark.parametrize("version", [FORMAT_VERSION - 1, FORMAT_VERSION + 1, str(FORMAT_VERSION), None, 0])
def test_another_format_is_refused_with_the_command_that_mends_it(version: object) -> None:
    with pytest.raises(IndexIncompatible, match="searchkit index --rebuild"):
        Manifest.from_json(crafted(format_version=version), path="index/MANIFEST-7.json")


@pytest.mark.parametrize("name", ["MAIN_a.seg", "MAIN_0z9.lex", "MAIN_a.del-12", "_MAIN_0.toc"])
def test_names_of_generation_files(name: str) -> None:
    assert valid_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "MAIN_a",
            "MAIN_../a.seg",
            "MAIN_a.seg\n",
            "MAIN_a.seg/x",
            "/MAIN_a.seg",
            "MAIN_A.seg",
            "MAIN_a.a.b",
        ),
        *(
            "MAIN_WRITELOCK",
            "CURRENT",
            "_MAIN_x.toc",
            "MAIN_가.seg",
            "MAIN_١.seg",
            "MAIN_a.\0",
            5,
            None,
            b"MAIN_a.b",
        ),
    ],
)
def test_names_of_anything_else(name: object) -> None:
    assert not valid_name(name)


def test_deletions_must_be_accounted_for() -> None:
    segment = replace(MANIFEST.segments[1], deletions=None)
    with pytest.raises(IndexCorrupt):
        Manifest.from_json(replace(MANIFEST, segments=(MANIFEST.segments[0], segment)).to_json())
