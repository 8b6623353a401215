"""The steps by themselves: plain JSON in, plain JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.utils import translation
from pytest_django import Settings

from market import formats, overview, snapshot
from market.history import backfill
from market.models import Overview, Quote
from market.overview import refresh_overview
from market.refresh import refresh_indices
from reports import document, facts
from reports.document import Document, Paragraph, Section
from reports.facts import FactSheet
from reports.models import Report, Run
from reports.writing.budget import Spender
from reports.writing.steps import prepare_data, render, translate, verify, write
from reports.writing.steps.job import Job, Output, Step
from reports.writing.writers import WRITERS, Entry
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Brief, Draft, WriterError
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

RUN = Run(slot=datetime(2026, 8, 21, 8, 0, tzinfo=UTC))
NO_NEWS: Output = {"items": [], "problems": {}}


@pytest.fixture
def frozen(upstreams: Upstreams) -> dict[str, Any]:
    """What `prepare_data` makes of the close of 21 August and a year of bars."""
    refresh_indices()
    backfill()
    return prepare_data.run(RUN)


def done(step: Step, earlier: dict[str, list[Output]]) -> list[Output]:
    """All parts of a step, after these earlier ones."""

    def whole(_keys: Iterable[str]) -> Output:
        return earlier["prepare_data"][0]

    parts: list[Output] = []

    def load(name: str, *_large: str) -> list[Output]:
        return earlier.get(name, parts)

    while True:
        part = step(Job(RUN, tuple(parts), load, Spender(None), lambda: None, whole))
        parts.append(json.loads(json.dumps(part.output)))
        if part.final:
            return parts


def written_from(frozen: Output) -> Output:
    """What the writers in the settings make of the facts, without any model."""
    (part,) = done(write.run, {"prepare_data": [frozen], "research": [NO_NEWS]})
    return part


def sheet_of(output: dict[str, Any]) -> FactSheet:
    return facts.from_json(json.loads(json.dumps(output)))


# prepare_data


def test_the_numbers_are_those_of_the_snapshot_and_the_stored_bars(frozen: dict[str, Any]) -> None:
    sheet = sheet_of(frozen)
    close = sheet.facts["vnindex.close"]
    assert str(close.value) == "1768.12"
    assert (close.source, close.unit) == ("vietcap", "points")
    assert str(sheet.facts["vnindex.change"].value) == "33.88"
    assert {"vnindex.sma200", "vnindex.rsi14", "upcomindex.high_52w"} <= set(sheet.facts)
    assert [state.code for state in sheet.indices] == [
        "VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX",
    ]  # fmt: skip


def test_breadth_comes_from_the_quote_that_the_snapshot_shows(frozen: dict[str, Any]) -> None:
    sheet = sheet_of(frozen)
    quote = Quote.objects.get(index__code="VNINDEX")
    assert quote.advances is not None
    assert sheet.facts["vnindex.advances"].value == quote.advances


def test_the_frozen_sheet_does_not_move_with_the_market(
    frozen: dict[str, Any], upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    written = written_from(frozen)
    Quote.objects.all().delete()
    at("2026-08-24T02:00:00Z")
    assert written_from(frozen) == written


def test_figures_come_from_the_database_whatever_redis_says(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    forged = json.loads(redis_client.get(snapshot.CURRENT_KEY) or b"")
    forged["indices"]["vnindex"]["value"]["close"] = 99_999.0
    redis_client.set(snapshot.CURRENT_KEY, json.dumps(forged))
    sheet = sheet_of(prepare_data.run(RUN))
    assert str(sheet.facts["vnindex.close"].value) == "1768.12"


def test_a_reading_that_a_live_feed_would_have_renewed_is_stale(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    assert not any(state.stale for state in sheet_of(prepare_data.run(RUN)).indices)
    at("2026-08-24T04:00:00Z")
    assert all(state.stale for state in sheet_of(prepare_data.run(RUN)).indices)


def test_the_stored_overview_gives_the_crypto_facts_with_their_sources(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    refresh_overview()
    redis_client.delete(overview.KEY)
    sheet = sheet_of(prepare_data.run(RUN))
    data = Overview.objects.get().data
    assert float(sheet.facts["btc.price"].value) == data["btc_price_usd"]
    assert set(sheet.facts["btc.price"].source.split(" + ")) <= {"binance", "coingecko"}
    assert sheet.facts["crypto.fear_greed"].source == "alternative_me"
    assert float(sheet.facts["crypto.fear_greed"].value) == data["fng_value"]
    written = document.from_json(written_from(prepare_data.run(RUN))["vi"])
    assert "crypto" in {section.id for section in written.sections}
    names = [formats.source_name(source, "vi") for source in sheet.sources]
    assert any(all(name in text for name in names) for text in document.texts(written))
    assert {"vietcap", "binance", "alternative_me"} <= set(sheet.sources)


def test_the_last_public_report_is_compared_with_and_a_note_is_not(
    frozen: dict[str, Any], upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    earlier = json.loads(json.dumps(frozen))
    close = earlier["facts"]["vnindex.close"]
    close |= {"value": "1750", "as_of": "2026-08-21T03:00:00+00:00"}
    when = datetime(2026, 8, 21, 4, 0, tzinfo=UTC)
    public = {"status": Report.Status.PUBLISHED, "created_at": when}
    Report.objects.create(slug="a", title="A", facts=earlier, published_at=when, **public)
    close["value"] = "1760"
    later = datetime(2026, 8, 21, 5, 0, tzinfo=UTC)
    Report.objects.create(
        slug="b", title="B", facts=earlier, published_at=later, is_note=True, **public
    )
    sheet = sheet_of(prepare_data.run(RUN))
    assert str(sheet.facts["vnindex.report_close"].value) == "1750"
    assert str(sheet.facts["vnindex.since_report"].value) == "18.12"


def test_an_index_that_no_source_knows_is_a_gap_with_its_reason(upstreams: Upstreams) -> None:
    upstreams.scenario = "partial"
    upstreams.always("vndirect.quotes", Reply(status=503))
    refresh_indices()
    sheet = sheet_of(prepare_data.run(RUN))
    assert [state.code for state in sheet.indices if not state.known] == ["HNX30"]
    (gap,) = [gap for gap in sheet.gaps if gap.reason == "unknown"]
    assert gap.index == "hnx30"
    assert "503" in gap.detail
    assert "hnx30.close" not in sheet.facts


@pytest.mark.parametrize("scenario", ["down", "blocked", "empty"])
def test_without_any_number_the_step_fails_with_the_reason(
    upstreams: Upstreams, scenario: str
) -> None:
    upstreams.scenario = scenario
    refresh_indices()
    with pytest.raises(prepare_data.NoNumbers, match="no index has a known price: vietcap: "):
        prepare_data.run(RUN)


# write


class Loser:
    """A writer that gives nothing usable."""

    name = "loser"

    def write(self, brief: Brief) -> Draft:
        raise WriterError("the daily quota is used up")


class Inventor:
    """A writer that names a figure which nobody observed."""

    name = "inventor"

    def write(self, brief: Brief) -> Draft:
        text = Paragraph("VN-Index may reach {{vnindex.target}}.")
        invented = Document("VN-Index", "", (Section("what-happened", "What", (text,)),))
        return Draft(Analyst().write(brief).vi, invented, self.name)


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., None]:
    for kind in (Loser, Inventor):
        monkeypatch.setitem(WRITERS, kind.name, Entry(f"{__name__}.{kind.__name__}"))

    def choose(*names: str) -> None:
        settings.REPORT_WRITERS = list(names)

    return choose


def test_a_writer_without_a_usable_answer_hands_over_to_the_next(
    frozen: dict[str, Any], writers: Callable[..., None]
) -> None:
    writers("loser", "inventor", "analyst")
    written = written_from(frozen)
    assert written["by"] == "analyst"
    sheet = sheet_of(frozen)
    for language in ("vi", "en"):
        assert document.faults(document.from_json(written[language]), sheet.facts) == []


def test_without_a_usable_answer_each_writers_reason_is_told(
    frozen: dict[str, Any], writers: Callable[..., None]
) -> None:
    writers("loser", "inventor")
    with pytest.raises(WriterError) as failure:
        written_from(frozen)
    loser, inventor = str(failure.value).split("; ", 1)
    assert loser == "loser: the daily quota is used up"
    assert inventor.startswith("inventor: en document: ")
    assert "vnindex.target" in inventor


# render


def rendered_from(frozen: dict[str, Any]) -> Output:
    earlier: dict[str, list[Output]] = {"prepare_data": [frozen], "research": [NO_NEWS]}
    for name, step in (("write", write), ("verify", verify), ("translate", translate)):
        earlier[name] = done(step.run, earlier)
    (part,) = done(render.run, earlier)
    return part


def test_both_languages_write_out_the_same_fact(frozen: dict[str, Any]) -> None:
    rendered = rendered_from(frozen)
    assert "1.768,12" in rendered["vi"]["title"]
    assert "1,768.12" in rendered["en"]["title"]
    anchor = '<a class="fig" href="#n-vnindex-close"'
    assert anchor in rendered["vi"]["html"]
    assert anchor in rendered["en"]["html"]
    assert "{{" not in f"{rendered['vi']}{rendered['en']}"


@pytest.mark.parametrize("active", ["vi", "en", None])
def test_the_language_of_the_process_does_not_colour_the_report(
    frozen: dict[str, Any], active: str | None
) -> None:
    usual = rendered_from(frozen)
    with translation.override(active):
        assert rendered_from(frozen) == usual
