from __future__ import annotations

from typing import Any

from market import formats
from market.agreement import Agreement
from market.refresh import RefreshResult, refresh_indices
from market.snapshot import Entry, Snapshot, Value
from marketsite import clock
from marketsite.management import JobCommand


class Command(JobCommand):
    help = "Fetch the current index quotes, store them, and renew the snapshot in Redis."

    def run(self, **options: Any) -> None:
        result = refresh_indices()
        rows = [_row(key, entry) for key, entry in result.snapshot["indices"].items()]
        header = (
            "index",
            "price",
            "change",
            "percent",
            "source",
            "as of",
            "age",
            "state",
            "agreement",
        )
        self.table(header, rows)
        self._explain(result)
        if not result.success:
            raise SystemExit(1)

    def _explain(self, result: RefreshResult) -> None:
        for failure in result.failures:
            subject = f"{failure.source} {failure.code}".strip()
            self.stderr.write(f"{subject}: {failure.reason}")
        if result.polled and not result.fetched:
            self.stderr.write(f"No source gave a usable quote: {_remains(result.snapshot)}.")


def _remains(current: Snapshot) -> str:
    """What the site shows when a refresh fetched nothing."""
    if current["simulated"]:
        return "these numbers are simulated (MARKET_DEMO=auto)"
    if any(entry["value"] for entry in current["indices"].values()):
        return "the last good ones stay"
    return "nothing is known yet"


def _row(key: str, entry: Entry) -> tuple[str, ...]:
    value = entry["value"]
    if value is None:
        return (key, "-", "-", "-", "-", "-", "-", "unknown", "-")
    as_of = clock.parse(value["as_of"])
    state = "stale" if value["stale"] else "fresh"
    return (
        value["code"],
        formats.number(value["close"], 2, "en"),
        formats.number(value["change"], 2, "en", "always"),
        formats.percent(value["change_percent"], "en", "always"),
        value["source"],
        value["as_of"],
        formats.age(clock.now() - as_of, "en").replace(formats.NBSP, " "),
        f"{state}, kept" if entry["error"] else state,
        _agreement(value),
    )


def _agreement(value: Value) -> str:
    """How sure the price is: `confirmed by vndirect`, `disputed: vndirect 1,778.73`."""
    second = value["second"]
    if second is None:
        return value["agreement"]
    if value["agreement"] == Agreement.CONFIRMED:
        return f"confirmed by {second['source']}"
    return f"{value['agreement']}: {second['source']} {formats.number(second['close'], 2, 'en')}"
