from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from market.history import CsvError, Loaded, backfill, load_csv
from market.models import Index
from marketsite.management import JobCommand


class Command(JobCommand):
    help = "Store day bars of the indices, from the sources or from a CSV file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--index", help="code of one index, such as VNINDEX; default: all")
        parser.add_argument("--csv", type=Path, help="file with Time,Close,Open,High,Low,Volume")
        parser.add_argument("--count", type=int, help="how many days back (from the sources)")

    def run(self, **options: Any) -> None:
        index = self._index(options["index"])
        if options["count"] is not None and options["count"] < 1:
            raise CommandError("--count must be at least 1")
        if options["csv"] is None:
            loaded = backfill([index.code] if index else (), options["count"])
        elif index is None:
            raise CommandError("--csv needs --index: the file holds one index")
        else:
            loaded = self._load(index, options["csv"])
        self._report(loaded)
        if not any(loaded.bars.values()):
            raise SystemExit(1)

    def _index(self, code: str | None) -> Index | None:
        if code is None:
            return None
        try:
            return Index.objects.get(code=code.upper())
        except Index.DoesNotExist:
            known = ", ".join(Index.objects.values_list("code", flat=True))
            raise CommandError(f"unknown index {code} (known: {known})") from None

    def _load(self, index: Index, path: Path) -> Loaded:
        try:
            return load_csv(index, path)
        except CsvError as error:
            raise CommandError(f"{path}: {error}") from error

    def _report(self, loaded: Loaded) -> None:
        for remark in loaded.remarks:
            self.stdout.write(remark)
        for code, count in loaded.bars.items():
            kind = " simulated" if loaded.simulated else ""
            self.stdout.write(f"{code}: {count}{kind} bars")
        for failure in loaded.failures:
            self.stderr.write(f"{failure.source} {failure.code}".strip() + f": {failure.reason}")
