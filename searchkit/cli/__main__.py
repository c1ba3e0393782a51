"""``python -m searchkit.cli``, where the script isn't on the path."""

import sys

from searchkit.cli import main

sys.exit(main())
