"""`/healthz` says that the process lives, `/readyz` that the site can do its work, or why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import Settings

from market.models import Quote
from market.refresh import refresh_indices
from marketsite.redis import cache, cache_settings
from reports.models import Report, Run
from tests.upstreams import Upstreams

NOW = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


def ready(client: Client) -> tuple[int, list[str]]:
    """The status of `/readyz` and its reasons; the body holds nothing else."""
    response = client.get("/readyz")
    body = response.json()
    assert set(body) == {"status", "reasons", "last_slot"}
    assert (body["status"] == "ready") == (response.status_code == 200)
    assert "no-store" in response["Cache-Control"]
    return response.status_code, body["reasons"]


def last_slot(client: Client) -> dict[str, str] | None:
    told: dict[str, str] | None = client.get("/readyz").json()["last_slot"]
    return told


def run(slot: datetime, state: Run.State) -> Run:
    return Run.objects.create(
        slot=slot,
        state=state,
        trigger=Run.Trigger.SCHEDULE,
        heartbeat=slot,
        created_at=slot,
        error="WriterError: key=hunter2",
    )


@pytest.fixture
def no_redis(settings: Settings) -> None:
    settings.CACHES = {"default": cache_settings("redis://:hunter2@127.0.0.1:9/0", 8, 0.2)}


@pytest.mark.parametrize("path", ["/healthz", "/health"])
def test_a_living_process_says_so_without_database_and_redis(
    dead_database: None, no_redis: None, client: Client, path: str
) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "healthy"})
    assert "no-store" in response["Cache-Control"]


def test_a_site_with_numbers_and_a_report_is_ready(client: Client, report: Report) -> None:
    assert ready(client) == (200, [])


@pytest.mark.django_db
def test_a_site_without_numbers_is_not_ready(client: Client) -> None:
    assert ready(client) == (503, ["no index is known yet"])


def test_a_dead_database_is_told_without_a_word_about_it(
    dead_database: None, client: Client
) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "database does not answer" in response.json()["reasons"]
    assert "nowhere" not in response.content.decode()


@pytest.mark.django_db
def test_a_dead_redis_is_told_while_the_database_still_has_the_numbers(
    upstreams: Upstreams, no_redis: None, client: Client
) -> None:
    refresh_indices()
    assert ready(client) == (503, ["Redis does not answer"])
    assert Quote.objects.exists()


def test_everything_that_fails_is_told_at_once(
    dead_database: None, no_redis: None, client: Client
) -> None:
    reasons = client.get("/readyz").json()["reasons"]
    assert reasons == ["database does not answer", "Redis does not answer"]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("2026-08-21T08:19:00Z", (200, [])),
        ("2026-08-21T08:19:01Z", (503, ["snapshot is 541 seconds old"])),
    ],
)
def test_numbers_that_missed_three_refreshes_are_told(
    client: Client,
    numbers: None,
    at: Callable[[str], None],
    later: str,
    expected: tuple[int, list[str]],
) -> None:
    at(later)
    assert ready(client) == expected


def test_a_lost_snapshot_is_answered_from_the_database(
    client: Client, numbers: None, at: Callable[[str], None]
) -> None:
    cache().clear()
    assert ready(client) == (200, [])
    at("2026-08-21T09:10:00Z")
    assert ready(client) == (503, ["snapshot is 3600 seconds old"])


def test_a_failed_last_run_is_told_by_its_slot_until_a_later_one_is_done(
    client: Client, numbers: None
) -> None:
    run(NOW.replace(hour=6), Run.State.DONE)
    run(NOW, Run.State.FAILED)
    assert ready(client) == (503, ["the report of 2026-08-21T08:10Z failed"])
    run(NOW.replace(minute=30), Run.State.DONE)
    assert ready(client) == (200, [])


def test_the_last_slot_is_told_whatever_became_of_it(client: Client, numbers: None) -> None:
    assert last_slot(client) is None
    run(NOW.replace(hour=6), Run.State.FAILED)
    run(NOW, Run.State.CANCELLED)
    assert last_slot(client) == {"slot": "2026-08-21T08:10:00Z", "state": "cancelled"}
    assert ready(client) == (503, ["the report of 2026-08-21T06:10Z failed"])
    run(NOW.replace(minute=20), Run.State.RUNNING)
    assert last_slot(client) == {"slot": "2026-08-21T08:20:00Z", "state": "running"}


def test_a_slot_that_nobody_began_is_told_after_ten_minutes(
    client: Client, numbers: None, at: Callable[[str], None], settings: Settings
) -> None:
    run(NOW.replace(hour=5), Run.State.DONE)
    at("2026-08-21T08:10:00Z")  # 15:10 in Vietnam
    assert ready(client) == (200, [])
    at("2026-08-21T08:10:01Z")
    assert ready(client) == (503, ["the report of 2026-08-21T08:00Z was not begun"])
    settings.ENABLE_AUTO_REPORT_SCHEDULER = False
    assert ready(client) == (200, [])


def test_a_schedule_that_was_slowed_down_is_told(client: Client, numbers: None) -> None:
    for hour in (2, 5, 8):
        run(NOW.replace(hour=hour), Run.State.FAILED)
    assert ready(client)[1] == [
        "the report of 2026-08-21T08:10Z failed",
        "three scheduled reports failed in a row: every second one is left out",
    ]
