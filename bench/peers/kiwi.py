"""Kiwi alone, as fast as it gets over whole bullets: in batches on all threads; nothing is indexed.

python -m bench.peers.kiwi DOCUMENTS.tsv [--every N]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kiwipiepy import Kiwi

from bench.peers import command


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    bullets = (text for row in command.read_rows(options.documents, options.every) for text in row[2:])
    tokens = sum(len(analysed) for analysed in Kiwi().tokenize(bullets))
    print(f"{tokens:,} morphemes")


if __name__ == "__main__":
    main()
