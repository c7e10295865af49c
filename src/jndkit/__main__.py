"""`python -m jndkit` is `jnd`."""

import sys

from jndkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
