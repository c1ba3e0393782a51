"""`make bench`: set the peers up and measure them; see README.md for the flags."""

import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from bench.session import main as measure

    measure()


if __name__ == "__main__":
    main()
