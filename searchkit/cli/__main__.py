"""``python -m searchkit.cli``, where the script isn't on the path."""

from searchkit.cli import program

program()
