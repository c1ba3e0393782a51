"""From a command to the exit code of the process; whatever goes wrong is one line on stderr.

0 found or done, 1 nothing found, 2 error or wrong usage, 130 interrupted; a closed pipe is 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from searchkit.cli import INTERRUPTED
from searchkit.cli.app import COMPLETION_VARIABLE, app
from searchkit.cli.console import Console, OutputError
from searchkit.errors import SearchkitError

FOUND = 0
NOTHING = 1
ERROR = 2


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code; never raises."""
    console = Console()
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments), console)
        console.flush()
        return code
    except BrokenPipeError:
        _swallow_output()
        return FOUND
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputError as error:
        # What is left in the buffer can't be written either.
        _swallow_output()
        return _failed(console, f"standard output: {error}")


def _run(arguments: list[str], console: Console) -> int:
    completion = os.environ.get(COMPLETION_VARIABLE)
    if completion:
        from click.shell_completion import shell_complete

        return shell_complete(app, {}, "searchkit", COMPLETION_VARIABLE, completion)
    try:
        with app.make_context("searchkit", arguments, obj=console) as context:
            result = app.invoke(context)
            return result if isinstance(result, int) else FOUND
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        console.err.write(error.format_message() + "\n")
        return ERROR
    except click.ClickException as error:
        return _failed(console, _usage(error))
    except click.Abort:
        return INTERRUPTED
    except (BrokenPipeError, KeyboardInterrupt, OutputError):
        raise
    except SearchkitError as error:
        _show_traceback(console)
        return _failed(console, str(error))
    except OSError as error:
        _show_traceback(console)
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return _failed(console, f"{where}{error.strerror or error}")
    except MemoryError:
        return _failed(console, "out of memory")
    except Exception as error:
        _show_traceback(console)
        hint = "" if console.verbose else "; run it again with -v for the traceback"
        return _failed(console, f"unexpected {type(error).__name__}: {error}{hint}")


def _usage(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return text
    end = "" if text.endswith((".", "?", "!")) else "."
    command = context.command_path.removeprefix("searchkit").strip()
    return (
        f"{command}: {text}{end} See {context.command_path} --help"
        if command
        else (f"{text}{end} See searchkit --help")
    )


def _failed(console: Console, text: str) -> int:
    try:
        console.fail(text)
    except OSError:
        _swallow_output()
    return ERROR


def _show_traceback(console: Console) -> None:
    if console.verbose:
        import traceback

        for line in traceback.format_exc().splitlines():
            console.report(line)


def _swallow_output() -> None:
    """Let what is still in the buffers go nowhere, so that the interpreter doesn't complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
