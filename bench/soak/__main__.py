"""`python -m bench.soak`: the same as `manage.py soak`, without settings of one's own."""

from __future__ import annotations

import sys

from bench.soak.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
