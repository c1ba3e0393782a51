"""Find a Java that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST = 21
_USUAL = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*",
    "/usr/local/opt/openjdk*",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
)


class Missing(Exception):
    """Something that a cluster needs is not on this machine."""


def find_java() -> Path:
    """Return the program ``java`` of a JDK 21 or later: OS_JAVA or JAVA_HOME if set, else one from the usual places.

    Raises:
        Missing: There is none, or OS_JAVA names another one.
    """
    named = os.environ.get("OS_JAVA")
    if named:
        java = Path(shutil.which(named) or named)
        found = version(java)
        if found < OLDEST:
            what = f"Java {found}" if found else "no Java"
            raise Missing(f"OS_JAVA names {named}, which is {what}; name the java of a JDK {OLDEST} or later")
        return java
    for java in _candidates():
        if version(java) >= OLDEST:
            return java
    raise Missing(f"no JDK {OLDEST} or later was found; install one, or name its java in OS_JAVA")


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    for pattern in _USUAL:
        whole = Path(pattern).expanduser()
        for folder in sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))), reverse=True):
            yield folder / "bin" / "java"


def version(java: Path) -> int:
    """Return the number of a Java's release, 8 or 21; 0 if there is none."""
    if not os.access(java, os.X_OK):
        return 0
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, encoding="utf-8", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(match[1]) if match else 0
