"""Set the peers up, apart from the product: a virtual environment, and Lucene if there are JDK and Maven."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.process import ROOT, ProgramFailedError, run

BENCH = ROOT / "bench"
VENV = BENCH / ".venv"
PYTHON = VENV / "bin" / "python"
LUCENE = BENCH / "lucene"
OLDEST_JAVA = 21


@dataclass
class Environment:
    """What can run here: ``missing`` says of each package or program that can't, why."""

    missing: dict[str, str] = field(default_factory=dict)
    java: Path | None = None

    def lucene(self, *arguments: str | Path, memory: str = "2g") -> list[str | Path]:
        """Return the command that runs the Java program with its vector instructions switched on."""
        libraries = os.pathsep.join(
            (str(LUCENE / "target" / "classes"), str(LUCENE / "target" / "lib" / "*"))
        )
        java: Path | str = self.java or "java"
        options = (
            f"-Xmx{memory}",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
        )
        return [java, *options, "-cp", libraries, "bench.LuceneBench", *arguments]


def set_up() -> Environment:
    """Install what isn't there yet.

    Raises:
        ProgramFailedError: the product itself can't be installed.
    """
    environment = Environment()
    wanted = (ROOT / "pyproject.toml").read_bytes() + (BENCH / "requirements.txt").read_bytes()
    stamp = VENV / ".complete"
    digest = hashlib.sha256(wanted).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        if not PYTHON.exists():
            run([sys.executable, "-m", "venv", str(VENV)])
        install: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*install, "--editable", str(ROOT)])
        for line in (BENCH / "requirements.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                try:
                    run([*install, line])
                except ProgramFailedError as error:
                    package = re.split("[<>=]", line)[0]
                    environment.missing[package] = f"{package} can't be installed: {error}"
        if not environment.missing:
            stamp.write_text(digest)
    try:
        environment.java = build_lucene()
    except (ProgramFailedError, LookupError) as error:
        environment.missing["lucene"] = str(error.args[0])
    return environment


def build_lucene() -> Path:
    """Compile the Java program if need be, and return the Java to run it with.

    Raises:
        LookupError: there is no JDK, or no Maven.
        ProgramFailedError: it can't be built.
    """
    java = find_java()
    maven = shutil.which("mvn")
    if maven is None:
        raise LookupError("Maven isn't on PATH")
    built = LUCENE / "target" / "bench.jar"
    sources = [LUCENE / "pom.xml", *LUCENE.rglob("*.java")]
    if not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        command = [maven, "--quiet", "--batch-mode", "--file", str(LUCENE / "pom.xml"), "clean", "package"]
        run(command, env={"JAVA_HOME": str(java.parents[1])})
    return java


def find_java() -> Path:
    """Return ``bin/java`` of the newest JDK of JAVA_HOME, PATH and the usual folders.

    Raises:
        LookupError: none is recent enough.
    """
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    if on_path := shutil.which("javac"):
        homes.append(Path(on_path).resolve().parents[1])
    homes += sorted(Path("/usr/lib/jvm").glob("*"))
    homes += sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home"))
    found = [(java_version(home), str(home)) for home in homes if (home / "bin" / "javac").exists()]
    if not found or max(found)[0] < OLDEST_JAVA:
        newest = f"the newest found is {max(found)[0]}" if found else "none was found"
        raise LookupError(f"a JDK of version {OLDEST_JAVA} or later is needed; {newest}")
    return Path(max(found)[1]) / "bin" / "java"


def java_version(home: Path) -> int:
    """Return the major version of a JDK, 0 if it doesn't say."""
    result = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', result.stderr)
    return int(version[1]) if version else 0


def versions(environment: Environment) -> dict[str, str]:
    """Return the versions of everything that takes part."""
    script = (
        "import importlib.metadata as m, sqlite3\n"
        "for name in 'searchkit numpy kiwipiepy kiwipiepy_model tantivy bm25s numba Whoosh'.split():\n"
        "    try: print(name, m.version(name))\n"
        "    except m.PackageNotFoundError: pass\n"
        "print('SQLite', sqlite3.sqlite_version)"
    )
    found = {"Python": platform.python_version()}
    found |= dict(line.split(" ", 1) for line in run([PYTHON, "-c", script]).output.splitlines())
    if environment.java is not None:
        pom = (LUCENE / "pom.xml").read_text()
        lucene = re.search(r"<lucene.version>(.+)</lucene.version>", pom)
        found |= {
            "Lucene": lucene[1] if lucene else "?",
            "Java": str(java_version(environment.java.parents[1])),
        }
    return found


def host() -> str:
    """Return the processor, its cores, the memory and the system, without a name."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (name := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = f"{name[1].strip()} ({model})"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}"
