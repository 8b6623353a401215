"""A new index is one row: VN100 reaches snapshot, strip, API, pages and report without code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from market import snapshot
from market.history import backfill
from market.models import Bar, Index, Quote
from market.refresh import refresh_indices
from market.strip import market_strip
from marketsite import clock
from reports.analysis import MarketData, build_facts
from reports.document import faults, texts
from reports.facts import from_json
from reports.models import Report, Run
from reports.writing import pipeline
from reports.writing.runs import request_run
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief
from tests.html import Page
from tests.pages import address
from tests.reports.test_facts import AFTER_CLOSE, CALENDAR, end_of_day
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

NAME = "Rổ VN100"  # as readers should see it, and with digits that are no figure


def create() -> Index:
    return Index.objects.create(
        code="VN100",
        key="vn100",
        name=NAME,
        exchange=Index.Exchange.HOSE,
        position=9,
        vendor_codes={"vietcap": "VN100"},
    )


@pytest.fixture
def vn100(upstreams: Upstreams) -> Index:
    """The row, then the day's numbers and a year of bars."""
    row = create()
    refresh_indices()
    backfill()
    return row


def write() -> Report:
    requested, _ = request_run(clock.now(), Run.Trigger.COMMAND, draft=False)
    report = pipeline.run_to_end(requested.pk).report
    assert report is not None
    return report


def test_its_numbers_come_in_the_same_call_as_the_others(
    vn100: Index, upstreams: Upstreams
) -> None:
    (call,) = upstreams.calls_to("vietcap.quotes")
    symbols = call.json()["symbols"]
    assert symbols == ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex", "VN100"]
    assert str(Quote.objects.get(index=vn100).price) == "1850.3700"
    assert Bar.objects.filter(index=vn100).count() > 200


def test_it_stands_in_snapshot_strip_and_api(vn100: Index, client: Client) -> None:
    value = snapshot.read()["indices"]["vn100"]["value"]
    assert value is not None
    assert (value["code"], value["close"], value["previous_close"]) == ("VN100", 1850.37, 1815.2)
    last = market_strip().items[-1]
    assert (last.name, str(last.price), last.direction) == (NAME, "1850.37", "up")
    answer = client.get("/api/v1/market/indices").json()
    assert answer["indices"]["vn100"]["value"]["close"] == 1850.37


@pytest.mark.parametrize("language", ["vi", "en"])
def test_readers_find_it_by_the_rows_name(vn100: Index, client: Client, language: str) -> None:
    page = Page(client.get(address("indices", language)).content)
    assert NAME in page.text
    own = client.get(address("index-detail", language, "vn100"))
    assert own.status_code == 200
    assert NAME in Page(own.content).one("h1").text


def test_the_next_report_speaks_of_it_by_the_rows_name(vn100: Index) -> None:
    report = write()
    sheet = from_json(report.facts)
    assert sheet.facts["vn100.close"].source == "vietcap"
    assert "vn100.sma200" in sheet.facts
    for html in (report.html_content, report.html_content_en):
        assert NAME in html
        assert "VN100" not in html.replace(NAME, "")
    assert "6\u00a0chỉ số" in report.summary
    assert "six indices" in report.summary_en


def test_it_may_lead_a_report(vn100: Index) -> None:
    Index.objects.filter(pk=vn100.pk).update(position=0)
    Index.objects.exclude(pk=vn100.pk).update(active=False)
    report = write()
    assert NAME in report.title
    assert report.title_en.startswith(NAME)


def test_a_source_that_has_no_name_for_it_is_not_asked_for_it(
    upstreams: Upstreams,
) -> None:
    create()
    upstreams.scenario = "partial"
    refresh_indices()
    (asked,) = upstreams.calls_to("vndirect.quotes")
    assert "HNX30" in str(asked.query)
    assert "VN100" not in str(asked.query)


@pytest.mark.parametrize(
    ("count", "vietnamese", "english"),
    [
        (11, "Cả 11\u00a0chỉ số", "All eleven indices"),
        (15, "Cả 15\u00a0chỉ số", "All fifteen indices"),
        (21, "Cả 21\u00a0chỉ số", "All twenty-one indices"),
        (30, "Cả 30\u00a0chỉ số", "All thirty indices"),
    ],
)
def test_the_writer_counts_as_many_indices_as_a_site_follows(
    count: int, vietnamese: str, english: str
) -> None:
    first = end_of_day()[0]
    inputs = tuple(replace(first, key=f"x{n}", code=f"X{n}", name=f"X{n}") for n in range(count))
    sheet = build_facts(MarketData(inputs, {}, AFTER_CLOSE, False, CALENDAR))
    draft = Analyst().write(Brief(sheet, "afternoon"))
    names = [state.display_name for state in sheet.indices]
    for text, words in ((draft.vi, vietnamese), (draft.en, english)):
        assert words in " ".join(texts(text))
        assert faults(text, sheet.facts, names) == []
        assert faults(text, sheet.facts) != []  # without its name it would be a bare figure
