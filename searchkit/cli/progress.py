"""Progress bars on stderr, where someone watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from searchkit.cli.console import Console


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield what shows a stage, what is done of it and its total; None where nobody would see it."""
    if not console.shows_progress:
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped]

    bar: Any = None
    stage = ""

    def show(name: str, done: int, total: int) -> None:
        nonlocal bar, stage
        if bar is None or name != stage:
            if bar is not None:
                bar.close()
            stage = name
            # Terminals that don't know their size have none in the eyes of tqdm, and would show nothing.
            size: dict[str, Any] = {"ncols": console.width, "nrows": 20}
            bar = tqdm(total=total or None, desc=name, file=console.err, leave=False, **size)
        bar.total = total or None
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
