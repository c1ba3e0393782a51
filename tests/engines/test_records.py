"""Compressed records: they come back, few or many; damaged and crafted ones are found out."""

import contextlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.frames import Compressor, Decompressor, make_dictionary
from searchkit.engines.whoosh.records import Records, RecordWriter
from searchkit.errors import IndexCorrupt

WORDS = ["확산", "모델", "model", "attention", "https://arxiv.org/abs/", "을", "0123456789"]


def some_records(count, seed=1):
    chance = random.Random(seed)
    return [
        (" ".join(chance.choices(WORDS, k=chance.randrange(200))) + f" {number}").encode()
        for number in range(count)
    ]


def written(folder, records):
    writer = BlockFileWriter(Files(folder), "MAIN_a.seg")
    collector = RecordWriter()
    for record in records:
        collector.add(record)
    collector.write(writer)
    return BlockFile.open(folder, writer.finish())


@pytest.mark.parametrize("count", [0, 1, 10, 6000])
def test_records_come_back_in_any_order(tmp_path, count):
    records = some_records(count)
    file = written(tmp_path, records)
    stored = Records(file)
    assert stored.get(range(count)) == records
    wanted = random.Random(2).sample(range(count), min(count, 100))
    assert stored.get(wanted) == [records[doc] for doc in wanted]
    assert (file.column("records.dictionary").size > 0) == (count > 10)


def test_large_records_among_small_ones(tmp_path):
    noise = random.Random(3).randbytes(20_000_000)
    records = [b"a", noise, *some_records(40), noise[::-1], b""]
    assert Records(written(tmp_path, records)).get(range(len(records))) == records


def test_a_dictionary_saves_room():
    records = some_records(1000)
    plain, helped = Compressor(b""), Compressor(make_dictionary(records))
    assert sum(len(helped.frame(record)) for record in records) < 0.8 * sum(
        len(plain.frame(record)) for record in records
    )


@pytest.mark.parametrize("records", [[], [b""] * 5000, [b"a" * 10_000_000] * 3, [b"ab"] * 100_000])
def test_odd_records_give_a_dictionary_that_works_or_none(records):
    dictionary = make_dictionary(records)
    write, read = Compressor(dictionary), Decompressor(dictionary)
    for record in (b"", b"ab", b"a" * 1000, *records[:3]):
        assert read.record(write.frame(record)) == record


def test_a_document_that_is_not_there(tmp_path):
    stored = Records(written(tmp_path, [b"a", b"b"]))
    with pytest.raises(IndexCorrupt):
        stored.get([2])


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_frame_is_read_otherwise_or_found_out(data):
    records = some_records(800)
    dictionary = make_dictionary(records)
    frame = bytearray(Compressor(dictionary).frame(records[data.draw(st.integers(0, 799))]))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    frame = frame[: data.draw(st.integers(0, len(frame)))]
    with contextlib.suppress(ValueError):
        assert isinstance(Decompressor(dictionary).record(bytes(frame)), bytes)


def test_a_frame_that_wants_much_memory_is_refused():
    reader = Decompressor(b"")
    # A header of the format: magic, no size, a window of 2 to the power 41.
    with pytest.raises(ValueError, match=r"(?i)memory|window"):
        reader.record(b"\x28\xb5\x2f\xfd\x00\xf8" + bytes(20))


def test_a_crafted_dictionary_is_refused(tmp_path):
    for content in (b"no dictionary at all", b"\x37\xa4\x30\xec" + bytes(50)):
        writer = BlockFileWriter(Files(tmp_path), f"MAIN_{len(content)}.seg")
        writer.add("records.blob", Compressor(b"").frame(b"a"))
        writer.add("records.offsets", np.array([0, 10], np.uint32))
        writer.add("records.dictionary", content)
        with pytest.raises(IndexCorrupt, match="can't be"):
            Records(BlockFile.open(tmp_path, writer.finish())).get([0])
