"""The base of our management commands: each is a job with its closing memory line."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from marketsite import memory

INTERRUPTED = 128 + signal.SIGINT  # as a shell tells it


class JobCommand(BaseCommand):
    """Subclasses write `run`; it may raise CommandError, or SystemExit with a code for cron.

    Django's checks are those of `manage.py check`: before each job they would load the admin and
    all addresses, 25 MB and half a second.
    """

    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with memory.job(type(self).__module__.rpartition(".")[2]):
            try:
                self.run(**options)
            except KeyboardInterrupt:
                self.stderr.write(self.stopped())
                raise SystemExit(INTERRUPTED) from None

    def stopped(self) -> str:
        """What to say when Ctrl-C ends the command: how far it came, in one line."""
        return "stopped"

    def run(self, **options: Any) -> None:
        raise NotImplementedError

    def table(self, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        """Write rows in aligned columns: the first to the left, the others to the right."""
        widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
        for row in (header, *rows):
            cells = [row[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            self.stdout.write("  ".join(cells).rstrip())
