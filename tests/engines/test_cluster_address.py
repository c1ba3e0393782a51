"""Addresses of indexes on a cluster: what is one, and what is refused without repeating secrets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.engines.opensearch.address import is_address, parse_address
from searchkit.errors import OptionError


@pytest.mark.parametrize(
    ("text", "hosts", "secure", "name"),
    [
        ("opensearch://localhost/notes", (("localhost", 9200),), False, "notes"),
        ("opensearch://10.0.0.1:9201/notes/", (("10.0.0.1", 9201),), False, "notes"),
        ("opensearch+https://search.example.org:443/a-b_1", (("search.example.org", 443),), True, "a-b_1"),
        ("opensearch://a:1,b:2,c/n", (("a", 1), ("b", 2), ("c", 9200)), False, "n"),
        ("OpenSearch://[::1]:9200/메모", (("::1", 9200),), False, "메모"),
        ("opensearch://h/%EB%A9%94%EB%AA%A8", (("h", 9200),), False, "메모"),
    ],
)
def test_addresses(text: str, hosts: tuple[tuple[str, int], ...], secure: bool, name: str) -> None:
    address = parse_address(text)
    assert (address.hosts, address.secure, address.name) == (hosts, secure, name)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opensearch://h", "the name of the index is missing"),
        ("opensearch://h/", "the name of the index is missing"),
        ("opensearch:///n", "nothing is no host"),
        ("opensearch://h:/n", "h: is no host"),
        ("opensearch://h:70000/n", "no port 70000"),
        ("opensearch://h:0/n", "no port 0"),
        ("opensearch://a,,b/n", "nothing is no host"),
        ("opensearch://h/Notes", "Notes can't be the name"),
        ("opensearch://h/a/b", "a/b can't be the name"),
        ("opensearch://h/_all", "_all can't be the name"),
        ("opensearch://h/a*", "can't be the name"),
        ("opensearch://h/a,b", "can't be the name"),
        ("opensearch://h/notes?x=1", "ends with the name"),
        ("opensearch://h/notes-ledger", "end in -ledger"),
        ("opensearch://h/notes-000001", "end in -000001"),
        ("opensearch://h/" + "n" * 201, "longer than 200 bytes"),
        ("http://h:9200/n", "did you mean opensearch://h:9200/n?"),
        ("https://h/n", "did you mean opensearch+https://h/n?"),
        ("ftp://h/n", "not an address that searchkit knows"),
    ],
)
def test_wrong_addresses_say_what_is_wrong(text: str, said: str) -> None:
    assert is_address(text)
    with pytest.raises(OptionError, match=r"\A.+\Z") as caught:
        parse_address(text)
    assert said in str(caught.value)
    assert caught.value.option == "index"


@pytest.mark.parametrize(
    "text", ["opensearch://me:s3cret@h/n", "http://me:s3cret@h/n", "opensearch://s3cret@h/n"]
)
def test_credentials_in_an_address_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_address(text)
    assert "s3cret" not in str(caught.value)
    assert "SEARCHKIT_OPENSEARCH_PASSWORD" in str(caught.value)


@pytest.mark.parametrize("text", ["index", "index/", "/a/b", "C:\\index", "./opensearch:", "a:b", "메모"])
def test_folders_are_no_addresses(text: str) -> None:
    assert not is_address(text)


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_any_text_gives_an_address_or_the_one_error(text: str) -> None:
    whole = f"opensearch://{text}"
    try:
        address = parse_address(whole)
    except OptionError:
        return
    assert parse_address(str(address)) == address
