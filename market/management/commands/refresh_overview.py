from __future__ import annotations

from typing import Any

from market import formats
from market.overview import OverviewResult, refresh_overview
from market.overview_parts import NAMES, Figure
from market.snapshot import iso
from marketsite.management import JobCommand


class Command(JobCommand):
    help = "Fetch the crypto overview, store it, and renew it in Redis."

    def run(self, **options: Any) -> None:
        result = refresh_overview()
        rows = [_row(name, result.figures[name]) for name in NAMES]
        self.table(("part", "value", "source", "as of"), rows)
        for source, reasons in _by_source(result).items():
            self.stderr.write(f"{source}: {'; '.join(reasons)}")
        if not result.success:
            self.stderr.write(_remains(result))
            raise SystemExit(1)


def _by_source(result: OverviewResult) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, reason in result.failures:
        found.setdefault(source, []).append(reason)
    return found


def _remains(result: OverviewResult) -> str:
    """Why the command ends with 1."""
    if result.data["simulated"]:
        return "No source gave a price: these numbers are simulated (MARKET_DEMO=auto)."
    if not result.cached:
        return "Redis does not hold the overview."
    return "No source gave a price."


def _row(name: str, figure: Figure) -> tuple[str, ...]:
    if figure.value is None:
        return (name, "-", "-", "-")
    places = 0 if float(figure.value).is_integer() else 4
    text = formats.number(figure.value, places, "en")
    return (name, text, figure.source, iso(figure.as_of) if figure.as_of else "-")
