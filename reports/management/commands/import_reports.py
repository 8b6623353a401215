from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import CommandError, CommandParser, no_translations

from marketsite.management import JobCommand
from reports.importing import Done, Options, Outcome, import_reports
from reports.old_system import TABLES, SourceFault, Wanted

UNREADABLE, USAGE, SOME_REFUSED = 1, 2, 3


class Command(JobCommand):
    help = (
        "Import the old system's reports: its tables crypto_report and articles, from an SQLite"
        " file, a PostgreSQL address or JSON. Each row once: another run goes on where this one"
        " ended. Exit codes: 0 all done; 1 the source cannot be read; 2 the arguments make no"
        " sense; 3 some rows were refused, each with its reason; 130 stopped by Ctrl-C."
    )

    _counts: Counter[Outcome]
    _live: bool

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="file, or postgresql://user@host/name")
        parser.add_argument("--dry-run", action="store_true", help="read, clean and tell alone")
        parser.add_argument("--limit", type=int, help="import at most so many rows")
        parser.add_argument("--from", type=int, default=0, metavar="ID", help="the first number")
        parser.add_argument("--table", choices=sorted(TABLES), help="this table alone")
        parser.add_argument(
            "--publish",
            action="store_true",
            help="what was public there is public here, with its date; default: drafts",
        )
        parser.add_argument(
            "--renew",
            action="store_true",
            help="clean again what was imported before; titles, state and dates stay",
        )
        parser.add_argument("--name", default="old", help="tells several old systems apart")
        parser.add_argument(
            "--timezone", default="UTC", help="of times without an offset, as SQLite has them"
        )

    @no_translations
    def run(self, **options: Any) -> None:
        self._counts = Counter()
        self._live = self.stderr.isatty()
        try:
            for done in import_reports(options["source"], _chosen(options)):
                self._tell(done, options["verbosity"])
        except SourceFault as error:
            self._summary(options["dry_run"])
            raise CommandError(str(error), returncode=UNREADABLE) from None
        self._summary(options["dry_run"])
        if self._counts[Outcome.REFUSED]:
            raise SystemExit(SOME_REFUSED)

    def stopped(self) -> str:
        return f"stopped after {self._line()}; run again to go on"

    def _tell(self, done: Done, verbosity: int) -> None:
        self._counts[done.outcome] += 1
        name = f"{done.table} {done.number if done.number is not None else '?'}"
        if self._live:
            self.stderr.write(f"\r\x1b[K{name}: {self._line()}", style_func=str, ending="")
            self.stderr.flush()
        if done.outcome is Outcome.REFUSED:
            self._clear()
            self.stderr.write(f"{name}: {done.reason}")
        elif done.outcome is Outcome.DIFFERS:
            self._clear()
            self.stdout.write(f"{name}: the source has changed since; --renew takes it over")
        elif verbosity > 1:
            self._clear()
            self.stdout.write(f"{name}: {done.outcome}")
            for notice in done.notices:
                self.stdout.write(f"  {notice}")

    def _clear(self) -> None:
        if self._live:
            self.stderr.write("\r\x1b[K", style_func=str, ending="")

    def _line(self) -> str:
        told = [f"{self._counts[kind]} {kind}" for kind in Outcome if self._counts[kind]]
        return ", ".join(told) or "no row"

    def _summary(self, dry_run: bool) -> None:
        self._clear()
        self.stdout.write(self._line() + (" (dry run: nothing was stored)" if dry_run else ""))


def _chosen(options: dict[str, Any]) -> Options:
    if options["limit"] is not None and options["limit"] < 1:
        raise CommandError("--limit must be at least 1", returncode=USAGE)
    if not 0 < len(options["name"]) <= 80:
        raise CommandError("--name must have 1 to 80 characters", returncode=USAGE)
    try:
        naive_in = ZoneInfo(options["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        raise CommandError(f"--timezone {options['timezone']}: unknown", returncode=USAGE) from None
    tables = (options["table"],) if options["table"] else tuple(TABLES)
    return Options(
        name=options["name"],
        wanted=Wanted(tables, options["from"]),
        limit=options["limit"],
        dry_run=options["dry_run"],
        publish=options["publish"],
        renew=options["renew"],
        naive_in=naive_in,
    )
