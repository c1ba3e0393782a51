"""Bytes to text: marks, CP949, ends of lines, broken bytes."""

import codecs
import unicodedata

import pytest

from searchkit.sources.encoding import REPLACEMENT, decode, looks_binary

TEXT = "## Daily Papers (2024-01-01)\n확산 모델\nLLM이\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp949"), "cp949"),
    ],
)
def test_encodings_are_told_apart(data, encoding):
    assert not looks_binary(data)
    assert decode(data) == (TEXT, [], encoding)


def test_ends_of_lines_become_one_kind_and_others_do_not_count():
    assert decode(b"a\r\nb\rc\nd").text == "a\nb\nc\nd"
    assert decode("a\u2028b\x85c\x0bd\n".encode()).text.count("\n") == 1


def test_decomposed_text_stays_as_it_is():
    text = unicodedata.normalize("NFD", TEXT)
    assert decode(text.encode()).text == text


def test_a_broken_line_among_good_ones_is_kept_and_reported():
    data = "첫째 줄\n".encode() + "둘째 ".encode() + b"\xec\x9d line\n" + "셋째\n".encode()
    text, problems, encoding = decode(data)
    assert encoding == "utf-8"
    assert text.split("\n")[1] == f"둘째 {REPLACEMENT} line"
    assert [line for line, _ in problems] == [2]


def test_one_line_of_utf8_is_enough_to_rule_cp949_out():
    data = "가나다\n라마바\n".encode("cp949") + "사아자\n".encode()
    text, problems, encoding = decode(data)
    assert encoding == "utf-8"
    assert text.split("\n")[2] == "사아자"
    assert [line for line, _ in problems] == [1, 2]


def test_bytes_of_no_encoding_are_reported():
    text, problems, _ = decode(b"ascii\ncaf\xe9\n")
    assert text == f"ascii\ncaf{REPLACEMENT}\n"
    assert [line for line, _ in problems] == [2]


def test_half_a_character_at_the_end_of_utf16():
    text, problems, _ = decode(codecs.BOM_UTF16_LE + "가\n나".encode("utf-16-le") + b"\x00")
    assert text == f"가\n나{REPLACEMENT}"
    assert [line for line, _ in problems] == [2]


def test_a_stray_nul_is_a_broken_byte_and_not_a_binary_file():
    data = ("모델 " * 200 + "\nA\0B\n").encode()
    assert not looks_binary(data)
    assert [line for line, _ in decode(data).problems] == [2]


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00" * 30,
        b"\x7fELF\x02\x01\x01" + bytes(200),
        "utf-16 without a mark".encode("utf-16-le"),
        b"\x01\x02\x03\x04",
    ],
)
def test_binary_files_are_told_apart(data):
    assert looks_binary(data)


def test_an_empty_file_is_no_binary_file():
    assert not looks_binary(b"")
