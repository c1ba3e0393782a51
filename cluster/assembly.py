"""Assemble an OpenSearch server from the jars of Maven Central, laid out as its official distribution is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cluster.java import Missing

VERSION = "3.8.0"
LOG4J = "2.25.4"
ROOT = Path(__file__).parents[1]
_SERVER = "org.opensearch"
_MODULE = "org.opensearch.plugin"
_LOG4J = "org.apache.logging.log4j"
# Folder of the server → what is copied there with all that it depends on.
_PARTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "lib": (
        (_SERVER, "opensearch", VERSION),
        (_SERVER, "opensearch-plugin-classloader", VERSION),
        (_SERVER, "opensearch-cli", VERSION),
        (_SERVER, "opensearch-agent-bootstrap", VERSION),
        (_LOG4J, "log4j-api", LOG4J),
        (_LOG4J, "log4j-core", LOG4J),
        (_LOG4J, "log4j-jul", LOG4J),
    ),
    "modules/transport-netty4": ((_MODULE, "transport-netty4-client", VERSION),),
    "modules/analysis-common": ((_MODULE, "analysis-common", VERSION),),
}
_CLASSES = {
    "modules/transport-netty4": "org.opensearch.transport.Netty4ModulePlugin",
    "modules/analysis-common": "org.opensearch.analysis.common.CommonAnalysisModulePlugin",
}
# The server checks that these are there, and can't make them as the user it runs as.
_EMPTY = ("bin", "config", "data", "logs", "plugins", "extensions")
_OTHER_PLATFORMS = ("-osx-", "-windows-") if os.uname().sysname == "Linux" else ("-windows-", "-linux-")
_QUIETLY = ("--batch-mode", "--quiet", "--no-transfer-progress", "-Dstyle.color=never")
_OFFLINE = (
    "Could not transfer",
    "UnknownHostException",
    "Connection refused",
    "offline mode",
    "Could not resolve",
)

_REACTOR = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>searchkit.cluster</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
  <modules>{modules}</modules>
  <build><plugins><plugin>
    <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>
    <executions><execution><phase>package</phase><goals><goal>copy-dependencies</goal></goals>
      <configuration><includeScope>runtime</includeScope><outputDirectory>${{jars}}</outputDirectory></configuration>
    </execution></executions>
  </plugin></plugins></build>
</project>
"""
_PART = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>searchkit.cluster</groupId><artifactId>all</artifactId><version>1</version></parent>
  <artifactId>{name}</artifactId><packaging>pom</packaging>
  <properties><jars>{folder}</jars></properties>
  <dependencies>{dependencies}</dependencies>
</project>
"""
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


class Offline(Missing):
    """Maven Central can't be reached."""


def work_folder() -> Path:
    """Return the folder that holds the server and its data: build/cluster, or where others can read it, for root.

    The server refuses to run as root; the user it runs as instead must be able to enter the folder.
    """
    here = ROOT / "build" / "cluster"
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in ROOT.resolve().parents):
        return Path(tempfile.gettempdir()) / "searchkit-cluster"
    return here


def assemble(work: Path) -> Path:
    """Return the folder of the server below ``work``; the first time its jars are fetched.

    Raises:
        Missing: There is no Maven, or (`Offline`) it can't reach its repository.
    """
    home = work / f"opensearch-{VERSION}"
    if home.is_dir():
        return home
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("no Maven was found (mvn); install it to fetch the OpenSearch server")
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assembling-", dir=work) as scratch:
        made = Path(scratch) / "server"
        _fetch(maven, Path(scratch) / "build", made)
        _lay_out(made)
        try:
            made.rename(home)
        except OSError:
            # Another process was quicker.
            if not home.is_dir():
                raise
    return home


def _fetch(maven: str, build: Path, home: Path) -> None:
    names = {folder: folder.rpartition("/")[2] for folder in _PARTS}
    build.mkdir()
    modules = "".join(f"<module>{name}</module>" for name in names.values())
    (build / "pom.xml").write_text(_REACTOR.format(modules=modules), encoding="utf-8")
    for folder, name in names.items():
        dependencies = "".join(_DEPENDENCY.format(*dependency) for dependency in _PARTS[folder])
        (build / name).mkdir()
        text = _PART.format(name=name, folder=home / folder, dependencies=dependencies)
        (build / name / "pom.xml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [maven, *_QUIETLY, "--file", build / "pom.xml", "package"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "[ERROR]" in line]
        said = errors[0].replace("[ERROR]", "").strip() if errors else f"exit code {done.returncode}"
        kind = Offline if any(sign in done.stdout for sign in _OFFLINE) else RuntimeError
        raise kind(f"Maven could not fetch the OpenSearch server: {said[:200]}")


def _lay_out(home: Path) -> None:
    """Make of folders of jars what the server expects to find."""
    shared = {jar.name for jar in (home / "lib").glob("*.jar")}
    for jar in home.glob("modules/*/*.jar"):
        # The server refuses a module that has a jar of its own once more.
        if jar.name in shared or any(part in jar.name for part in _OTHER_PLATFORMS):
            jar.unlink()
    for folder, class_name in _CLASSES.items():
        name = folder.rpartition("/")[2]
        lines = {
            "name": name,
            "description": name,
            "classname": class_name,
            "version": VERSION,
            "opensearch.version": VERSION,
            "java.version": "21",
            "extended.plugins": "",
            "custom.foldername": "",
            "has.native.controller": "false",
        }
        text = "".join(f"{key}={value}\n" for key, value in lines.items())
        (home / folder / "plugin-descriptor.properties").write_text(text, encoding="utf-8")
    for name in _EMPTY:
        (home / name).mkdir(exist_ok=True)
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
