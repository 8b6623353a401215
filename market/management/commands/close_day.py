from __future__ import annotations

from typing import Any

from market.closing import close_day
from marketsite.management import JobCommand


class Command(JobCommand):
    help = (
        "Store the last settled day's bar of each index, and fill holes of the last sessions. Exit"
        " code 1 when an index has no bar of that day: the next run tries again."
    )

    def run(self, **options: Any) -> None:
        closed = close_day()
        for code, count in closed.loaded.bars.items():
            kind = "simulated bar" if closed.loaded.simulated else "bar"
            if count and options["verbosity"]:
                self.stdout.write(f"{code}: {count} {kind}{'s' * (count != 1)}")
        for code, days in closed.from_quotes.items():
            if options["verbosity"]:
                listed = ", ".join(day.isoformat() for day in days)
                self.stdout.write(f"{code}: closed from quotes: {listed}")
        for failure in closed.loaded.failures:
            self.stderr.write(f"{failure.source} {failure.code}".strip() + f": {failure.reason}")
        if closed.open:
            self.stderr.write(f"no bar of {closed.day}: {', '.join(closed.open)}")
            raise SystemExit(1)
