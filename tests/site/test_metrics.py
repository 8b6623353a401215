"""`/metrics`: the state of the whole site from Redis and the database, for who may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from market.breaker import Breakers
from market.models import Overview, Quote, RejectedQuote
from market.sources.base import SourceRefused
from marketsite import clock
from marketsite.redis import cache, cache_settings
from reports.models import Report, Run
from reports.writing.asking import ask
from reports.writing.writers.base import Prompt, WriterRefused
from tests.market.conftest import FrozenServer, use_redis
from tests.people import editor
from tests.upstreams import Reply, Upstreams

TOKEN = "correct-horse-battery-staple"
Samples = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef", "kbs"]
    settings.MARKET_BAR_SOURCES = ["vietcap", "dnse"]


def scrape(client: Client) -> Samples:
    """Every sample by name and the values of its labels, read as Prometheus reads them."""
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name.removeprefix("marketsite_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def refuse() -> None:
    raise SourceRefused("vietcap", "answered 403")


# Who may read it


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer đúng"]
)
def test_without_the_token_nothing_is_told(client: Client, given: str) -> None:
    headers = {"authorization": given} if given else {}
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert b"marketsite" not in response.content
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_without_a_configured_token_an_empty_one_opens_nothing(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401


@pytest.mark.django_db
def test_staff_read_it_in_their_browser_and_readers_do_not() -> None:
    client = Client()
    client.force_login(User.objects.create_user("reader"))
    assert client.get("/metrics").status_code == 401
    client.force_login(editor())
    response = client.get("/metrics")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert client.post("/metrics").status_code == 405


@pytest.mark.django_db
def test_a_scraper_on_the_machine_itself_is_not_sent_to_https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/").status_code == 301
    assert scrape(client)["up", "database"] == 1


# What it says


def test_a_healthy_site_in_figures(
    client: Client, report: Report, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:12:00Z")
    samples = scrape(client)
    assert samples["up", "redis"] == samples["up", "database"] == 1
    assert samples["snapshot_age_seconds",] == 120
    assert samples["snapshot_simulated",] == 0
    assert samples["index_known", "vnindex"] == 1
    assert samples["index_stale", "vnindex"] == 0
    as_of = Quote.objects.get(index__key="vnindex").as_of
    age = (clock.now() - as_of).total_seconds()
    assert samples["index_age_seconds", "vnindex"] == pytest.approx(age, abs=1)
    runs = [samples["runs", state] for state in ("waiting", "running", "done", "failed")]
    assert runs == [0, 0, 1, 0]
    assert samples["report_age_seconds",] == pytest.approx(120, abs=1)
    assert samples["next_slot_seconds",] == 168 * 60  # at 18:00 in Vietnam, where it is 15:12
    assert samples["process_resident_memory_bytes",] > 10**7
    for source in ("vietcap", "vndirect", "cafef", "kbs", "binance", "alternative_me"):
        assert samples["source_failures", source] == 0, source
        assert samples["rejected_quotes", source] == 0, source


@pytest.mark.django_db
def test_an_empty_site_answers_with_what_there_is(client: Client) -> None:
    samples = scrape(client)
    assert samples["index_known", "vnindex"] == 0
    names = {name for name, *_ in samples}
    assert {"index_age_seconds", "report_age_seconds", "overview_age_seconds"} & names == set()


@pytest.mark.django_db
def test_a_source_that_rests_is_told_with_its_failures_and_last_success(
    client: Client, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:00:00Z")
    breakers = Breakers(["vietcap"], clock.now())
    breakers.call("vietcap", lambda: None)
    with pytest.raises(SourceRefused):
        breakers.call("vietcap", refuse)
    breakers.save()
    at("2026-08-21T08:05:00Z")
    samples = scrape(client)
    assert samples["source_failures", "vietcap"] == 1
    assert samples["source_success_age_seconds", "vietcap"] == 300
    assert samples["source_state", "vietcap", "open"] == 1
    assert samples["source_state", "vietcap", "closed"] == 0
    at("2026-08-21T08:30:00Z")
    assert scrape(client)["source_state", "vietcap", "half_open"] == 1


@pytest.mark.django_db
def test_a_model_that_rests_is_told_like_a_source(
    client: Client, models: Upstreams, at: Callable[[str], None]
) -> None:
    ask("openai", Prompt("", "Xin chào"))
    models.script("openai.chat", Reply(fixture="llm/openai/401_invalid_key.json"))
    with pytest.raises(WriterRefused):
        ask("openai", Prompt("", "Xin chào"))
    at("2026-08-21T08:20:00Z")
    samples = scrape(client)
    assert samples["writer_state", "open", "openai"] == 1
    assert samples["writer_state", "closed", "gemini"] == 1
    assert samples["writer_failures", "openai"] == 1
    assert samples["writer_success_age_seconds", "openai"] == 600
    assert ("writer_success_age_seconds", "gemini") not in samples


@pytest.mark.django_db
def test_a_model_without_a_key_is_no_line(client: Client) -> None:
    assert "writer_state" not in {name for name, *_ in scrape(client)}


def test_a_disputed_index_is_told(client: Client, numbers: None) -> None:
    Quote.objects.filter(index__key="vn30").update(
        agreement="disputed", second_price=Decimal("1900"), second_source="kbs"
    )
    cache().clear()  # so that the stored quotes answer
    samples = scrape(client)
    assert samples["index_agreement", "disputed", "vn30"] == 1
    assert samples["index_agreement", "confirmed", "vn30"] == 0
    assert samples["index_agreement", "disputed", "hnx30"] == 0


@pytest.mark.django_db
def test_quotes_rejected_in_the_last_hour_are_counted_by_source(
    client: Client, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:00:00Z")
    now = clock.now()
    for minutes in (0, 59, 60, 61):
        RejectedQuote.objects.create(
            source="kbs",
            code="VN30",
            reason="price is not positive",
            rejected_at=now - timedelta(minutes=minutes),
        )
    samples = scrape(client)
    assert (samples["rejected_quotes", "kbs"], samples["rejected_quotes", "dnse"]) == (2, 0)


@pytest.mark.django_db
def test_the_overview_tells_its_age_and_what_it_lacks(
    client: Client, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:00:00Z")
    fetched_at = datetime(2026, 8, 21, 7, 58, tzinfo=UTC)
    data = {"btc_price_usd": 1.5, "fng_value": None, "eth_rsi_14": None, "partial_failure": True}
    Overview.objects.create(fetched_at=fetched_at, data=data)
    samples = scrape(client)
    assert (samples["overview_age_seconds",], samples["overview_missing",]) == (120, 2)


def test_runs_are_counted_by_state(client: Client, db: None, at: Callable[[str], None]) -> None:
    at("2026-08-21T08:00:00Z")
    for minute, state in enumerate([Run.State.FAILED, Run.State.FAILED, Run.State.RUNNING]):
        slot = clock.now() + timedelta(minutes=minute)
        trigger = Run.Trigger.SCHEDULE
        Run.objects.create(slot=slot, state=state, trigger=trigger, heartbeat=slot, created_at=slot)
    samples = scrape(client)
    assert (samples["runs", "failed"], samples["runs", "running"]) == (2, 1)


def test_a_scrape_costs_no_more_for_more_rows(
    client: Client,
    numbers: None,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    """Nine small queries: a scraper comes every fifteen seconds, to whichever process answers."""
    scrape(client)
    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        scrape(client)


# What does not answer


@pytest.mark.django_db
def test_without_redis_it_still_answers(
    client: Client, settings: Settings, upstreams: Upstreams
) -> None:
    call_command("refresh_indices")
    settings.CACHES = {"default": cache_settings("redis://:hunter2@127.0.0.1:9/0", 8, 0.2)}
    samples = scrape(client)
    assert (samples["up", "redis"], samples["up", "database"]) == (0, 1)
    assert samples["index_known", "vnindex"] == 1
    assert ("source_failures", "vietcap") not in samples


@pytest.mark.django_db
def test_a_frozen_redis_costs_one_time_out(client: Client, settings: Settings) -> None:
    server = FrozenServer()
    use_redis(settings, server.url)
    samples = scrape(client)
    assert samples["up", "redis"] == 0
    assert server.connections == 1
    server.close()


def test_without_the_database_it_still_answers(dead_database: None, client: Client) -> None:
    samples = scrape(client)
    assert (samples["up", "redis"], samples["up", "database"]) == (1, 0)
    assert samples["source_failures", "vietcap"] == 0
    assert ("runs", "done") not in samples
    assert samples["process_resident_memory_bytes",] > 0


def test_without_the_database_nobody_counts_as_staff(dead_database: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/metrics").status_code == 401
