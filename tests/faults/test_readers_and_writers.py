from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pytest
from payload import commit, needed, read


def read_all_the_while(folder: Path, until: Synchronized[int], problems: multiprocessing.Queue[str]) -> None:
    last = 0
    while not until.value:
        try:
            number = read(folder)
        except Exception as error:
            problems.put(repr(error))
            return
        if number < last:
            problems.put(f"{number} after {last}")
        last = number
        time.sleep(0.002)


def churn(tmp_path: Path, seconds: float) -> int:
    """One writer, four processes and eight threads that read; return how many commits there were."""
    commit(tmp_path, 1)
    context = multiprocessing.get_context("spawn")
    until: Synchronized[int] = context.Value("i", 0)
    problems: multiprocessing.Queue[str] = context.Queue()
    readers: list[multiprocessing.process.BaseProcess | threading.Thread] = [
        context.Process(target=read_all_the_while, args=(tmp_path, until, problems)) for _ in range(4)
    ]
    readers += [
        threading.Thread(target=read_all_the_while, args=(tmp_path, until, problems)) for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    number = 1
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number += 1
        commit(tmp_path, number)
    until.value = 1
    for reader in readers:
        reader.join()
    assert problems.empty(), problems.get()
    commit(tmp_path, number + 1)
    assert {path.name for path in tmp_path.iterdir()} == needed(tmp_path)
    problems.close()
    problems.join_thread()
    return number


def test_readers_go_on_while_someone_writes(tmp_path: Path) -> None:
    assert churn(tmp_path, 4) > 3


@pytest.mark.campaign
def test_readers_go_on_for_a_minute(tmp_path: Path) -> None:
    assert churn(tmp_path, 60) > 100
