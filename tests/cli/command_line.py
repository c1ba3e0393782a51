"""The command as a user runs it: a process of its own, in a folder with the seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "seeds"
COMMAND = [sys.executable, "-m", "searchkit.cli"]


def environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEARCHKIT", "_SEARCHKIT"))
    }
    return {**kept, "PYTHONWARNINGS": "error::UserWarning", **changes}


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line that an error is."""
        lines = self.err.splitlines()
        assert self.code == 2, f"exit code {self.code}, {self.err!r}"
        assert len(lines) == 1, self.err
        assert lines[0].startswith("searchkit: ")
        assert "Traceback" not in self.err
        return lines[0]


class Shell:
    """Runs ``searchkit`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str | Path, **changes: str) -> Answer:
        return self.run(*COMMAND, *arguments, **changes)

    def run(self, *command: str | Path, **changes: str) -> Answer:
        done = subprocess.run(
            [os.fspath(part) for part in command],
            cwd=self.folder,
            env=environment(**changes),
            capture_output=True,
            timeout=120,
        )
        assert b"Exception ignored" not in done.stderr
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def python(self, before: str, *arguments: str) -> Answer:
        """Run the command in an interpreter that runs ``before`` first."""
        program = f"import sys\n{before}\nfrom searchkit.cli import main\nsys.exit(main(sys.argv[1:]))"
        return self.run(sys.executable, "-c", program, *arguments)
