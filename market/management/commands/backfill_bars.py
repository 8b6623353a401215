from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from market.bar_checks import Disagreement
from market.csv_bars import CsvError, load_csv
from market.history import Filled, Loaded, Options, backfill, check
from market.models import Index
from market.sessions import VIETNAM
from market.sources import BAR_SOURCES
from marketsite import clock
from marketsite.management import JobCommand

DISAGREES = 3
BAR_WIDTH = 24
MOST_DAYS = 12

# Options that say nothing beside the one before them.
EXCLUDES = {
    "csv": ("count", "from", "all", "check"),
    "check": ("all", "replace", "dry_run"),
    "from": ("count",),
}


class Command(JobCommand):
    help = (
        "Store the day bars that the indices lack, from the sources or from a CSV file, and tell"
        " of gaps and of disagreements. Exit code 0: all is there that the sources have; 1: a"
        " source failed and days are missing, the next run asks for them, or the file cannot be"
        " loaded at all; 3: stored closes differ from fetched ones and are kept, or rows of the"
        " file were refused; 130: stopped by Ctrl-C, the next run goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--index", help="code of one index, such as VNINDEX; default: all")
        parser.add_argument("--csv", type=Path, help="file with Time,Close,Open,High,Low,Volume")
        parser.add_argument("--count", type=int, help="how many trading days back")
        parser.add_argument("--from", type=_day, metavar="DATE", help="the first day, instead")
        parser.add_argument("--all", action="store_true", help="ask for the stored days too")
        parser.add_argument("--replace", action="store_true", help="let fetched bars win")
        parser.add_argument("--dry-run", action="store_true", help="fetch and tell, store nothing")
        parser.add_argument(
            "--check",
            choices=BAR_SOURCES,
            help="compare the stored bars with this source's, store nothing",
        )

    _done = (0, 0)  # indices that are done, of how many

    def run(self, **options: Any) -> None:
        _refuse(options)
        self._options = options
        self._quiet = options["verbosity"] == 0
        self._on_terminal = bool(self.stderr.isatty())
        loaded = self._load(self._index(options["index"]), options)
        self._report(loaded)
        if _failed(loaded):
            raise SystemExit(1)
        kept = loaded.disagreements and not (options["replace"] and not loaded.dry_run)
        if kept or loaded.refused:
            raise SystemExit(DISAGREES)

    def stopped(self) -> str:
        done, total = self._done
        if not total:
            return super().stopped()
        line = f"{done} of {total} indices done; run again to go on"
        return f"\n{line}" if self._on_terminal and not self._quiet else line  # below the bar

    def _index(self, code: str | None) -> Index | None:
        if code is None:
            return None
        try:
            return Index.objects.get(code=code.upper())
        except Index.DoesNotExist:
            known = ", ".join(Index.objects.values_list("code", flat=True))
            raise CommandError(f"unknown index {code} (known: {known})") from None

    def _load(self, index: Index | None, options: dict[str, Any]) -> Loaded:
        codes = [index.code] if index else ()
        count, since = options["count"], options["from"]
        replace, dry_run = options["replace"], options["dry_run"]
        if options["check"]:
            return check(options["check"], codes, count, since)
        if options["csv"] is None:
            chosen = Options(options["all"], replace, dry_run)
            return backfill(codes, count, since, chosen, self._progress)
        if index is None:
            raise CommandError("--csv needs --index: the file holds one index")
        try:
            return load_csv(index, options["csv"], dry_run=dry_run, replace=replace)
        except CsvError as error:
            raise CommandError(f"{options['csv']}: {error}") from error

    def _progress(self, position: int, total: int, filled: Filled) -> None:
        """On a terminal a bar that moves; elsewhere the index's lines as soon as it is done."""
        self._done = (position, total)
        if self._quiet:
            return
        if not self._on_terminal:
            self._write(_lines(filled, self._options))
            return
        done = BAR_WIDTH * position // total
        bar = "#" * done + "." * (BAR_WIDTH - done)
        end = "\n" if position == total else ""
        line = f"\r[{bar}] {position}/{total} {filled.code:<12}"
        self.stderr.write(line, style_func=str, ending=end)  # red is for errors
        self.stderr.flush()

    def _report(self, loaded: Loaded) -> None:
        if not self._quiet:
            self._write(loaded.remarks)
            if self._on_terminal or self._options["csv"]:
                self._write(line for item in loaded.filled for line in _lines(item, self._options))
            if not loaded.filled or loaded.simulated:
                self._write(_totals(loaded, self._options))
            verdict = _verdict(self._options)
            self._write(_difference(item, verdict) for item in loaded.disagreements)
        for line in loaded.refused:
            self.stderr.write(line)
        for failure in loaded.failures:
            self.stderr.write(f"{failure.source} {failure.code}".strip() + f": {failure.reason}")

    def _write(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date such as 2026-08-21") from None


def _refuse(options: Mapping[str, Any]) -> None:
    """Raises CommandError for options that make no sense, alone or together."""
    if options["count"] is not None and options["count"] < 1:
        raise CommandError("--count must be at least 1")
    if options["from"] and options["from"] > clock.now().astimezone(VIETNAM).date():
        raise CommandError("--from must not lie in the future")
    for name, excluded in EXCLUDES.items():
        for other in excluded:
            if options[name] and options[other]:
                raise CommandError(f"--{name} and --{other.replace('_', '-')} exclude each other")


def _failed(loaded: Loaded) -> bool:
    """Whether something is missing that another run may find."""
    if loaded.simulated:
        return False
    if loaded.filled:
        return any(item.failed for item in loaded.filled)
    return not any(loaded.bars.values())


def _lines(filled: Filled, options: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of one index: its bars, its gaps, its bars on closed days."""
    verb = "would store " if options["dry_run"] else ""
    if options["csv"] and not filled.stored:
        yield f"{filled.code}: nothing new"
    elif filled.wanted:
        yield f"{filled.code}: {verb}{_number(filled.stored, 'bar')}"
    else:
        yield f"{filled.code}: nothing missing"
    found = filled.coverage
    if found.first and filled.missing and filled.missing[0] < found.first:
        yield f"{filled.code}: nothing before {found.first}"
    if found.gaps:
        absent = _number(len(found.gaps), "trading day")
        yield f"{filled.code}: no bar of {absent}: {_days(found.gaps)}"
    if found.unexpected:
        yield f"{filled.code}: bars of days that count as closed: {_days(found.unexpected)}"


def _totals(loaded: Loaded, options: Mapping[str, Any]) -> Iterator[str]:
    """What a file, a comparison or the demo feed gave."""
    kind = "simulated bar" if loaded.simulated else "bar"
    verb = "would store " if options["dry_run"] else ""
    end = f" compared with {options['check']}" if options["check"] else ""
    for code, count in loaded.bars.items():
        yield f"{code}: {verb}{_number(count, kind)}{end}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _verdict(options: Mapping[str, Any]) -> str:
    if options["dry_run"] or options["check"]:
        return "nothing changed"
    return "replaced" if options["replace"] else "the stored one is kept"


def _difference(found: Disagreement, verdict: str) -> str:
    return (
        f"{found.code} {found.day}: {_price(found.stored)} from {found.stored_source} is stored,"
        f" {found.fetched_source} says {_price(found.fetched)}: {verdict}"
    )


def _price(price: Decimal) -> str:
    return f"{price:.4f}".rstrip("0").rstrip(".")


def _days(days: Sequence[date]) -> str:
    more = f" and {len(days) - MOST_DAYS} more" if len(days) > MOST_DAYS else ""
    return ", ".join(day.isoformat() for day in days[:MOST_DAYS]) + more
