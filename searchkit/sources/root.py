"""Find the files of a root: a folder, or one file, that the user named."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from searchkit.errors import SourceError
from searchkit.sources.encoding import REPLACEMENT
from searchkit.sources.identity import fit
from searchkit.sources.problem import Problem

JSON_LINES = frozenset({".jsonl", ".ndjson"})
NOTES = frozenset({".md", ".markdown", ".txt"})

_UNPRINTABLE = re.compile("[\ud800-\udfff]")

HIDDEN = "hidden"
INDEX = "an index folder"
ELSEWHERE = "the index or a source of its own"
OUTSIDE = "a link that leaves the folder"
BROKEN = "a link to nothing"
AGAIN = "a link to what is read anyway"
SPECIAL = "no regular file"
OTHER = "another kind of file"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read.

    ``location`` opens it. ``inside`` is its path within the root, NFC with ``/``, empty for a root that is a file.
    ``label`` is the root as typed and the path inside. ``root_name`` is the name of the root's folder.
    """

    location: str
    inside: str
    label: str
    root_name: str = ""

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.location)

    @property
    def ending(self) -> str:
        """The ending of the name in lower case, with its dot."""
        return posixpath.splitext(self.inside or self.root_name)[1].lower()

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return self._name.stem

    @property
    def note_id(self) -> str:
        """The id of the note in the file."""
        return fit("/".join(filter(None, (self.root_name, self.inside))))

    @property
    def _name(self) -> PurePosixPath:
        return PurePosixPath(self.inside or self.root_name)


@dataclass(slots=True)
class RootListing:
    """The files of a root by their path inside, and what was passed over as (label, reason).

    ``unread`` holds the paths inside the root of folders that can't be listed; what they hold is unknown.
    """

    files: list[SourceFile] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def reasons(self) -> Counter[str]:
        """Return how many files and folders were passed over, by reason."""
        return Counter(reason for _, reason in self.skipped)


def discover(
    path: str | os.PathLike[str], *, typed: str | None = None, exclude: Iterable[str | os.PathLike[str]] = ()
) -> RootListing:
    """List the files of a root in a stable order; nothing is read.

    ``typed`` is what labels begin with, by default ``path`` itself. Folders and files in ``exclude`` are passed
    over, and so are index folders. A link within the root is followed where it leads to something that is not
    read under its own name.

    Raises:
        SourceError: the root is missing, unreadable or an index folder.
    """
    label = os.fspath(path) if typed is None else typed
    kept_out = frozenset(os.path.realpath(other) for other in exclude)
    try:
        real = os.path.realpath(path)
        mode = Path(real).stat().st_mode
        if stat.S_ISDIR(mode):
            if real in kept_out or _is_index(entry.name for entry in Path(real).iterdir()):
                raise SourceError("is an index folder, not a source of documents", path=_shown(label))
            return _Walk(label, real, kept_out).listing()
        if not stat.S_ISREG(mode):
            raise SourceError("is neither a file nor a folder; name a file or a folder", path=_shown(label))
        with Path(real).open("rb"):
            pass
    except FileNotFoundError as error:
        raise SourceError("no such file or folder", path=_shown(label)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"can't be read: {reason}", path=_shown(label)) from error
    return RootListing([SourceFile(real, "", _shown(label), _composed(Path(real).name))])


class _Walk:
    """One walk over a folder."""

    def __init__(self, typed: str, real: str, kept_out: frozenset[str]) -> None:
        self._typed = typed.rstrip("/") if typed.strip("/") else ""
        self._real = real
        self._root_name = _composed(Path(real).name)
        self._kept_out = kept_out
        self._listing = RootListing()
        self._folders: deque[tuple[str, str]] = deque([(real, "")])
        self._links: deque[tuple[str, str]] = deque()
        self._visited: set[str] = set()
        self._found: set[str] = set()
        self._names: set[str] = set()

    def listing(self) -> RootListing:
        """Return what the walk finds."""
        self._empty_queue()
        while self._links:
            path, inside = self._links.popleft()
            self._link(path, inside)
            self._empty_queue()
        self._listing.files.sort(key=lambda file: file.inside)
        if not self._listing.files and not self._listing.problems:
            kinds = ", ".join(sorted(NOTES | JSON_LINES))
            self._report("", f"holds no file that can be read ({kinds})")
        return self._listing

    def _empty_queue(self) -> None:
        while self._folders:
            self._folder(*self._folders.popleft())

    def _folder(self, path: str, inside: str) -> None:
        if path in self._visited:
            self._skip(inside, AGAIN)
            return
        self._visited.add(path)
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: (_composed(entry.name), entry.name))
            names = [entry.name for entry in found]
        except OSError as error:
            if not inside:
                raise
            self._unreadable(inside, error)
            self._listing.unread.append(inside)
            return
        if inside and _is_index(names):
            self._skip(inside, INDEX)
            return
        for entry in found:
            below = f"{inside}/{_composed(entry.name)}" if inside else _composed(entry.name)
            self._entry(entry, below)

    def _entry(self, entry: os.DirEntry[str], inside: str) -> None:
        try:
            if entry.name.startswith("."):
                self._skip(inside, HIDDEN)
            elif entry.is_symlink():
                self._links.append((entry.path, inside))
            elif entry.path in self._kept_out:
                self._skip(inside, ELSEWHERE)
            elif entry.is_dir(follow_symlinks=False):
                self._folders.append((entry.path, inside))
            elif entry.is_file(follow_symlinks=False):
                self._file(entry.path, inside)
            else:
                self._skip(inside, SPECIAL)
        except OSError as error:
            self._unreadable(inside, error)

    def _link(self, path: str, inside: str) -> None:
        target = os.path.realpath(path)
        try:
            mode = Path(target).stat().st_mode
        except (OSError, ValueError):
            self._skip(inside, BROKEN)
            return
        if not Path(target).is_relative_to(self._real):
            self._skip(inside, OUTSIDE)
        elif any(Path(target).is_relative_to(other) for other in self._kept_out):
            self._skip(inside, ELSEWHERE)
        elif target in self._visited or target in self._found:
            self._skip(inside, AGAIN)
        elif stat.S_ISDIR(mode):
            self._folders.append((target, inside))
        elif stat.S_ISREG(mode):
            self._file(target, inside)
        else:
            self._skip(inside, SPECIAL)

    def _file(self, path: str, inside: str) -> None:
        file = SourceFile(path, inside, self._label(inside), self._root_name)
        ending = file.ending
        if ending not in NOTES and ending not in JSON_LINES:
            self._skip(inside, OTHER)
        elif path in self._found:
            self._skip(inside, AGAIN)
        elif inside in self._names:
            self._report(
                inside, "another file has the same name in another normalisation; rename one of them"
            )
        else:
            self._names.add(inside)
            self._found.add(path)
            self._listing.files.append(file)

    def _label(self, inside: str) -> str:
        return _shown(f"{self._typed}/{inside}" if inside else self._typed or "/")

    def _skip(self, inside: str, reason: str) -> None:
        self._listing.skipped.append((self._label(inside), reason))

    def _unreadable(self, inside: str, error: OSError) -> None:
        self._report(inside, f"can't be read ({error.strerror or error})")

    def _report(self, inside: str, message: str) -> None:
        self._listing.problems.append(Problem(self._label(inside), None, message))


def _is_index(names: Iterable[str]) -> bool:
    names = set(names)
    return "CURRENT" in names and any(
        name.startswith("MANIFEST-") and name.endswith(".json") for name in names
    )


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _shown(text: str) -> str:
    """Return a path that can be printed: bytes of a name that are no UTF-8 become U+FFFD."""
    return text if text.isascii() else _UNPRINTABLE.sub(REPLACEMENT, text)
