"""What a thread does while it waits for an answer: as much as there is time for, and nothing that others need."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from searchkit import SearchIndex
from searchkit.answers.answer import Request, answer
from searchkit.answers.page import Page
from searchkit.document import Document
from searchkit.engines.opensearch.meanwhile import begin, meanwhile, work_until


def steps(into: list[int], count: int = 3) -> Iterator[None]:
    for number in range(count):
        into.append(number)
        yield


def never() -> bool:
    return False


def test_all_is_done_where_there_is_time() -> None:
    first: list[int] = []
    second: list[int] = []
    begin(steps(first))
    begin(steps(second))
    work_until(never)
    work_until(never)
    assert first == second == [0, 1, 2]


def test_an_answer_ends_it() -> None:
    done: list[int] = []
    begin(steps(done))
    work_until(lambda: len(done) == 2)
    assert done == [0, 1]
    work_until(never)
    assert done == [0, 1]


def test_what_was_stopped_is_not_done() -> None:
    done: list[int] = []
    stop = begin(steps(done))
    stop()
    work_until(never)
    stop()
    assert done == []


def test_nothing_is_done_behind_the_end_of_a_block() -> None:
    done: list[int] = []
    with meanwhile(steps(done)):
        pass
    work_until(never)
    assert done == []
    with meanwhile(steps(done)):
        work_until(never)
    assert done == [0, 1, 2]


def test_what_fails_keeps_nothing_else_from_being_done() -> None:
    def failing() -> Iterator[None]:
        yield
        raise ValueError

    done: list[int] = []
    begin(failing())
    begin(steps(done))
    work_until(never)
    assert done == [0, 1, 2]


def test_others_do_not_do_it() -> None:
    done: list[int] = []
    begin(steps(done))
    other = Thread(target=work_until, args=(never,))
    other.start()
    other.join()
    assert done == []
    work_until(never)
    assert done == [0, 1, 2]


def test_hits_that_were_expected_are_shown_as_others_are(
    cluster_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("확산 모델", "diffusion model", "언어", "모델을 위한")
    papers = [
        Document(
            id=f"{number:02}",
            title=f"{words[number % 4]} {number}",
            bullets=[f"{words[number % 3]} 논문 {number}. {words[number % 4]} 확산 학습 모델"] * (number % 5),
        )
        for number in range(40)
    ]
    ready: list[int] = []
    shown = Page.hits

    def hits(page: Page, *found: object) -> object:
        ready.append(len(page._ready))
        return shown(page, *found)

    monkeypatch.setattr(Page, "hits", hits)
    with SearchIndex.build(papers, cluster_address) as index:
        for query in ("확산 모델 논문", "diffusion 모델", '"확산 학습" 언어', "확산 모댈 학습"):
            made = [index.search(query) for _ in range(2)][-1]
            view = index._current()
            found = answer(view, Request(query=query))
            assert tuple(made) == shown(Page(view), found.plan, found.top.hits)
    assert any(ready)
