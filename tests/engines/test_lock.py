from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from searchkit.engines.whoosh.store import Store
from searchkit.errors import EngineUnavailable, IndexLocked

HOLD = """
import sys, time
from searchkit.engines.whoosh.store import Store
with Store(sys.argv[1]).begin(timeout=5) as transaction:
    print("held", flush=True)
    {then}
print("left", flush=True)
"""


@contextmanager
def holder(folder: Path, then: str = "sys.stdin.readline()") -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds the lock until it is sent a line or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(then=then), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
        process.stdout.close()


def is_free(folder: Path) -> bool:
    try:
        with Store(folder).begin(timeout=0):
            return True
    except IndexLocked:
        return False


def test_another_process_is_named_with_host_and_age(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        time.sleep(1.1)
        start = time.monotonic()
        with pytest.raises(IndexLocked) as caught:
            Store(tmp_path).begin(timeout=0.3)
        assert 0.25 < time.monotonic() - start < 3
        message = str(caught.value)
        assert f"process {process.pid} on host {os.uname().nodename} has been writing to it for" in message
        assert str(tmp_path) in message
        assert "try again" in message
        assert "\n" not in message
        assert caught.value.holder.startswith(f"process {process.pid}")
        assert not any(f" for {age} s" in message for age in (0,))


def test_the_lock_is_had_as_soon_as_it_is_left(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert process.stdin is not None
        threading.Timer(0.3, lambda: process.stdin.write("\n") and process.stdin.flush()).start()
        with Store(tmp_path).begin(timeout=10):
            pass
        assert process.wait(5) == 0


def test_a_killed_holder_is_noticed_at_once(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert not is_free(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / "LOCK").exists()
        start = time.monotonic()
        with Store(tmp_path).begin(timeout=0):
            pass
        assert time.monotonic() - start < 1
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_does_not_keep_the_lock_nor_end_the_transaction(tmp_path: Path) -> None:
    script = """
import os, sys, time
from searchkit.engines.whoosh.store import Store
transaction = Store(sys.argv[1]).begin(timeout=0)
transaction.files.write("MAIN_a.txt", b"a")
if os.fork() == 0:
    transaction.close()
    from searchkit.errors import IndexLocked
    try:
        Store(sys.argv[1]).begin(timeout=0)
    except IndexLocked as error:
        assert f"process {os.getppid()} on" in str(error), error
        print("locked", flush=True)
    if os.fork() == 0:
        time.sleep(30)
    os._exit(0)
os.wait()
assert os.path.exists(sys.argv[1] + "/MAIN_a.txt")
transaction.close()
print("free", flush=True)
time.sleep(30)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["locked\n", "free\n"]
        assert is_free(tmp_path)
        assert list(tmp_path.iterdir()) == []
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_stores_and_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "index")
    with Store(tmp_path / "index").begin(timeout=0):
        for path in (tmp_path / "index", tmp_path / "link", tmp_path / "index" / ".." / "index"):
            with pytest.raises(IndexLocked, match=rf"process {os.getpid()} .*\(this one\)"):
                Store(path).begin(timeout=0)
        outcome: list[bool] = []
        thread = threading.Thread(target=lambda: outcome.append(is_free(tmp_path / "index")))
        thread.start()
        thread.join()
        assert outcome == [False]
        # Having looked must not have freed it for others.
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    HOLD.replace("timeout=5", "timeout=0").format(then="pass"),
                    str(tmp_path / "index"),
                ],
                check=True,
                capture_output=True,
            )
    assert is_free(tmp_path / "index")


def test_threads_take_turns(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(10):
            with Store(tmp_path).begin(timeout=30):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 40


def test_the_lock_is_free_while_an_error_is_still_alive(tmp_path: Path) -> None:
    caught = None
    try:
        with Store(tmp_path).begin(timeout=0) as transaction:
            transaction.files.create("MAIN_a.txt").write(b"a")
            raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        caught = error
    assert caught is not None
    assert is_free(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"pid": "x"}', b'{"pid": 1, "host": 2, "since": 1e999}']
)
def test_a_lock_file_that_says_nothing_useful(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "LOCK").write_bytes(content)
    with holder(tmp_path, then="open(sys.argv[1] + '/LOCK', 'r+b').truncate(0); sys.stdin.readline()"):
        (tmp_path / "LOCK").write_bytes(content)
        with pytest.raises(IndexLocked, match=r"is writing to it|has been writing"):
            Store(tmp_path).begin(timeout=0)


def test_the_lock_survives_whoever_reads_its_file(tmp_path: Path) -> None:
    with holder(
        tmp_path, then="open(sys.argv[1] + '/LOCK').close(); print(flush=True); sys.stdin.readline()"
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert not is_free(tmp_path)


def test_a_holder_on_another_host_with_a_clock_ahead(tmp_path: Path) -> None:
    with holder(tmp_path):
        text = json.dumps({"pid": 77, "host": "birch", "since": time.time() + 900})
        (tmp_path / "LOCK").write_text(text)
        with pytest.raises(IndexLocked, match="process 77 on host birch has been writing to it for 0 s"):
            Store(tmp_path).begin(timeout=0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(EngineUnavailable, match="permission denied"):
            Store(tmp_path).begin(timeout=0)
        with pytest.raises(EngineUnavailable, match="permission denied"):
            Store(tmp_path / "new").begin(timeout=0)
    finally:
        tmp_path.chmod(0o700)
