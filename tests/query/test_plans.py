"""Every kind of query with its plan, in a file that a person can read.

``queries.txt`` is the input. Run with ``SEARCHKIT_UPDATE_GOLDEN=1`` to write ``plans.txt`` anew, then read what
changed.
"""

from __future__ import annotations

import os
from pathlib import Path

from plan_printing import show

GOLDEN = Path(__file__).parent / "golden"
LEGEND = """\
# Each query, the codes of its notes, and its plan. A term is text:layers with weights: T title, B bullets, P parts,
# S surface, I identifiers. "form~(base)" is the end of a phrase that may carry a particle. Filters stand behind ||.
"""


def test_plans_are_those_of_the_golden_file(planned):
    lines = [LEGEND]
    for line in (GOLDEN / "queries.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            lines.append(f"\n{line}\n")
            continue
        plan, notes = planned(line)
        codes = "".join(f"  [{note.code}]" for note in notes)
        lines.append(f"{line}{codes}\n    {show(plan)}\n")
    found = "".join(lines)
    path = GOLDEN / "plans.txt"
    if os.environ.get("SEARCHKIT_UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
