"""The track record: what is counted, and how scenarios are held against what came."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from market.models import Bar, Index
from reports.models import Report
from reports.track_record import months, settled
from tests.pages import Archive, read

pytestmark = pytest.mark.django_db

LEVELS = {"support": "1750", "resistance": "1800"}


def bars_after(report: Report, *closes: str) -> None:
    """The closes of the sessions after the report's own, one weekday each."""
    index, day = Index.objects.get(code="VNINDEX"), date(2026, 8, 21)
    for close in map(Decimal, closes):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
        Bar.objects.create(index=index, day=day, open=close, high=close, low=close, close=close)


def test_months_count_what_is_public_and_what_was_withdrawn(
    report: Report, archive: Archive
) -> None:
    first, second, third = archive(3)
    Report.objects.filter(pk=first.pk).update(status=Report.Status.ARCHIVED)
    Report.objects.filter(pk=second.pk).update(is_note=True, verification={})
    matched = report.verification["matched"]
    failed = report.verification | {"matched": matched - 1}
    Report.objects.filter(pk=third.pk).update(verification=failed)
    (month,) = months()
    assert (month.month, month.reports, month.notes, month.withdrawn) == (date(2026, 8, 1), 3, 1, 1)
    assert (month.figures, month.matched) == (2 * matched, 2 * matched - 1)
    assert (month.checked, month.all_proven, month.reviewed) == (2, 1, 0)


@pytest.mark.parametrize(
    ("fifth", "outcome"),
    [("1800.01", "above"), ("1800", "between"), ("1750", "between"), ("1749.99", "below")],
)
def test_a_scenario_is_settled_by_the_fifth_close(report: Report, fifth: str, outcome: str) -> None:
    assert report.facts
    facts = report.facts["facts"]
    levels = {name: facts[f"vnindex.{name}"]["value"] for name in LEVELS}
    assert levels == LEVELS
    bars_after(report, "1700", "1900", "1700", "1900")
    assert settled() == []
    Bar.objects.all().delete()
    bars_after(report, "1700", "1900", "1700", "1900", fifth, "1000")
    (item,) = settled()
    assert (item.report, item.outcome, item.close) == (report, outcome, Decimal(fifth))
    chances = {name: facts[f"vnindex.p_{name}"]["value"] for name in item.chances}
    assert {name: str(chance) for name, chance in item.chances.items()} == chances
    assert item.most_likely == (outcome == "between")


def test_a_close_counts_once_and_a_report_without_levels_not_at_all(archive: Archive) -> None:
    first, second = archive(2)
    bars_after(first, "1760", "1760", "1760", "1760", "1760")
    Report.objects.filter(pk=second.pk).update(facts=None)
    assert len(settled()) == 1


def test_the_page_asks_as_often_for_many_reports_as_for_one(
    client: Client, report: Report, archive: Archive
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read(client, "/track-record/")
        return len(queries)

    bars_after(report, "1760", "1760", "1760", "1760", "1760")
    asked()
    few = asked()
    archive(20)
    assert asked() == few
    page = read(client, "/en/track-record/")
    assert "The likeliest scenario came true in 1." in page.text
    assert "in between given 70%" in page.text


def test_a_site_without_reports_says_what_will_come(client: Client) -> None:
    page = read(client, "/en/track-record/")
    assert "Nothing to count yet" in page.text
    assert "Nothing has run out yet" in page.text
    assert page.all("table") == []
