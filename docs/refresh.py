"""Bring the documentation up to date with the program: ``make docs``.

A block of README.md that is fenced as ``console`` is a terminal: each line that begins with ``$ `` is run in a folder
that holds ``seeds/``, one after the other, and what it prints is put below it. ``docs/commands.md`` is made of
``--help``. The tests use the same functions to check that nothing has drifted apart.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from searchkit.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMANDS_MD = ROOT / "docs" / "commands.md"

_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\(\d+(?:\.\d+)? m?s\)|\"took_ms\": [\d.]+")
_SIZE = re.compile(r"[\d,]+ bytes")
_LONG_FRACTION = re.compile(r"\d+\.\d{3,}")


def blocks(text: str, language: str) -> list[str]:
    """Return the contents of the blocks fenced as ``language``, in order."""
    return [match[2] for match in _FENCE.finditer(text) if match[1] == language]


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a terminal, each with what stands below it."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        yield command, output.strip("\n")


def run(command: str, folder: Path) -> str:
    """Run a command of the shell in ``folder`` and return what it prints, both streams in one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SEARCHKIT_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.strip("\n")


def stable(output: str) -> str:
    """Return ``output`` with what differs from run to run made equal: times, sizes, the tail of fractions."""
    output = _TIME.sub("(…)", output)
    output = _SIZE.sub("… bytes", output)
    return _LONG_FRACTION.sub(lambda match: f"{float(match[0]):.2f}", output)


def command_reference() -> str:
    """Return the text of docs/commands.md."""
    parts = ["# Commands\n\nThis page is made of `searchkit COMMAND --help` by `make docs`.\n"]
    inner = [f"dict {name}" for name in ("check", "suggest", "add")]
    for command in ("", *COMMANDS, *inner):
        name = f"searchkit {command}".strip()
        parts.append(f"## {name}\n\n```text\n{run(f'{name} --help', ROOT)}\n```\n")
    return "\n".join(parts)


def refreshed(text: str) -> str:
    """Return a README whose terminals show what the commands print now; other times alone change nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "seeds", folder / "seeds")

        def again(match: re.Match[str]) -> str:
            if match[1] != "console":
                return match[0]
            done = []
            for command, shown in steps(match[2]):
                now = run(command, folder)
                output = shown if stable(shown) == stable(now) else now
                done.append(f"$ {command}\n{output}\n" if output else f"$ {command}\n")
            return "```console\n" + "\n".join(done) + "```"

        return _FENCE.sub(again, text)


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
    COMMANDS_MD.write_text(command_reference(), encoding="utf-8")
