from __future__ import annotations

import sys

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Hands everything to `bench.soak`, which has options of its own.

    Not one of the site's jobs: it starts a site of its own, or watches the one that runs here.
    """

    help = "Replay days of schedule through the real processes, and judge what they hold."

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            from bench.soak.main import main
        except ImportError as error:
            self.stderr.write(f"soak: needs bench/ and tests/ beside the site: {error}")
            sys.exit(2)
        sys.exit(main(argv[2:]))
