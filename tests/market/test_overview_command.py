"""`manage.py refresh_overview`, the task and its schedule, and what goes after its time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.conf import settings as site_settings
from pytest_django import Settings

from market.models import Overview, RejectedQuote
from market.overview import read_overview
from market.retention import prune_overviews, prune_rejected
from market.tasks import refresh_overview as task
from marketsite import clock
from marketsite.celery import refresh_at_once
from marketsite.environment import redis_database
from reports.retention import prune
from tests.conftest import Manage
from tests.upstreams import Reply, Upstreams

MakeOverview = Callable[..., Overview]


def test_the_command_shows_each_part_with_source_and_time(
    crypto: Upstreams, manage: Manage
) -> None:
    done = manage("refresh_overview")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["part", "value", "source", "as", "of"]
    assert ["btc_price_usd", "98,450.1200", "binance", "2026-08-21T03:21:05Z"] in rows
    assert ["fng_value", "62", "alternative_me", "2026-08-21T00:00:00Z"] in rows
    assert len(rows) == 28
    assert done.stderr.count("Memory cleanup completed job=refresh_overview outcome=ok") == 1
    assert Overview.objects.count() == 1


def test_a_failed_source_is_one_line_and_no_failure_of_the_command(
    crypto: Upstreams, manage: Manage
) -> None:
    crypto.script("binance.tickers", Reply(status=503), Reply(status=503))
    done = manage("refresh_overview")
    assert done.returncode == 0, done.stderr
    assert len(re.findall("^binance: ", done.stderr, re.MULTILINE)) == 1
    assert re.search(r"^btc_rsi_14 +- +- +-$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("demo", "told"),
    [("never", "No source gave a price."), ("auto", "these numbers are simulated")],
)
def test_without_any_price_the_command_ends_with_one(
    crypto: Upstreams, manage: Manage, demo: str, told: str
) -> None:
    crypto.scenario = "down"
    done = manage("refresh_overview", MARKET_DEMO=demo)
    assert done.returncode == 1
    assert told in done.stderr
    for name in ("binance", "coingecko", "coinpaprika", "alternative_me"):
        assert len(re.findall(f"^{name}: ", done.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_the_task_refreshes(crypto: Upstreams) -> None:
    task()
    data = read_overview()
    assert data
    assert data["btc_price_usd"] == 98450.12


def test_the_schedule_rings_as_often_as_for_the_indices_and_the_bell_expires() -> None:
    entry = site_settings.CELERY_BEAT_SCHEDULE["refresh overview"]
    seconds = site_settings.MARKET_REFRESH_SECONDS
    assert entry["task"] == task.name
    assert entry["schedule"] == timedelta(seconds=seconds)
    assert entry["options"] == {"expires": seconds}


def test_a_worker_rings_for_both_when_it_starts() -> None:
    refresh_at_once()
    with redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        client.select(redis_database(os.environ["REDIS_URL"]) + 1)
        messages = client.lrange("celery", 0, -1)
    assert {re.findall(r"market\.tasks\.\w+", message)[0] for message in messages} == {
        "market.tasks.refresh_indices",
        "market.tasks.refresh_overview",
    }


# Retention


@pytest.fixture
def store(db: None, settings: Settings, at: Callable[[str], None]) -> MakeOverview:
    """Store an overview of a moment; they are kept for ten days, rejected quotes for two."""
    settings.QUOTE_RETENTION_DAYS, settings.REJECTED_RETENTION_DAYS = 10, 2
    at("2026-08-21T08:10:00Z")

    def make(moment: str, simulated: bool = False) -> Overview:
        fetched_at = clock.parse(moment)
        return Overview.objects.create(fetched_at=fetched_at, data={}, simulated=simulated)

    return make


@pytest.mark.parametrize("batch", [1, 2, 5000])
def test_overviews_past_their_retention_go_but_for_the_newest_of_each_kind(
    store: MakeOverview, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("market.retention.BATCH", batch)
    for day in range(1, 6):
        store(f"2026-07-0{day}T00:00:00Z")
    store("2026-07-06T00:00:00Z", simulated=True)
    kept = [
        store("2026-07-07T00:00:00Z", simulated=True),
        store("2026-07-06T00:00:00Z"),
    ]
    assert prune_overviews() == 6
    assert set(Overview.objects.all()) == set(kept)


def test_overviews_within_their_retention_stay(store: MakeOverview) -> None:
    store("2026-08-11T08:09:59Z")
    kept = [store("2026-08-11T08:10:00Z"), store("2026-08-21T08:00:00Z")]
    assert prune_overviews() == 1
    assert set(Overview.objects.all()) == set(kept)


@pytest.mark.parametrize("batch", [1, 2, 5000])
def test_rejected_quotes_go_after_theirs(
    store: MakeOverview, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("market.retention.BATCH", batch)
    moments = ["2026-08-01T00:00:00Z", "2026-08-19T08:09:59Z", "2026-08-19T08:10:00Z"]
    for moment in moments:
        RejectedQuote.objects.create(
            source="vietcap", code="VNINDEX", reason="zero", rejected_at=clock.parse(moment)
        )
    assert prune_rejected() == 2
    assert RejectedQuote.objects.get().rejected_at == clock.parse(moments[-1])


def test_the_nightly_prune_counts_both(store: MakeOverview) -> None:
    old = store("2026-07-01T00:00:00Z")
    store("2026-08-21T00:00:00Z")
    RejectedQuote.objects.create(
        source="kbs", code="VN30", reason="zero", rejected_at=old.fetched_at
    )
    pruned = prune()
    assert (pruned.overviews, pruned.rejected) == (1, 1)
    assert not Overview.objects.filter(pk=old.pk).exists()
