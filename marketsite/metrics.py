"""`/metrics` for Prometheus: the whole site's state, read when asked, so any web process answers.

Nothing is counted in memory: gauges come from Redis and the database at each scrape. A part that
does not answer is `marketsite_up 0`, what it alone knows is left out, and the answer is still 200.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from market import snapshot
from market.agreement import Agreement
from market.breaker import State
from market.models import Overview, RejectedQuote
from market.source_states import SourceState, configured, source_states
from marketsite import clock, metrics_machine
from marketsite.health import database_faults
from marketsite.metrics_families import Family, each, one, seconds
from marketsite.redis import read_json
from reports.models import Report, Run
from reports.writing.schedule import current_plan
from reports.writing.writer_states import WriterState, writer_states

BEARER = "Bearer "
REJECTED_SPAN = timedelta(hours=1)

Section = Callable[[datetime], Iterator[Family]]


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for who has `METRICS_TOKEN` or is signed in as staff.

    Others get 401, not 404: the address is no secret, and a scraper whose token is wrong should
    be told so.
    """
    if not _may_read(request):
        response = HttpResponse("Not authorised\n", status=401, content_type="text/plain")
        response["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return response
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(SiteCollector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if given:
        wanted = settings.METRICS_TOKEN
        return bool(wanted) and constant_time_compare(given, f"{BEARER}{wanted}")
    try:
        return request.user.is_active and request.user.is_staff
    except Error:  # the session lies in the database
        return False


class SiteCollector(Collector):
    """The site's gauges, computed at each scrape."""

    def collect(self) -> Iterator[Family]:
        now = clock.now()
        waiting = metrics_machine.queue_length()
        up = {
            "redis": _redis_answers(),
            "database": not database_faults(),
            "broker": waiting is not None,
        }
        if waiting is not None:
            yield one("queue_length", "Bells that no worker has heard yet", waiting)
        for part, sections in SECTIONS.items():
            try:
                for section in sections if up[part] else ():
                    yield from section(now)
            except (Error, RedisError):  # it went away in between
                up[part] = False
        yield each("up", "Whether the part answers", "part", up)


def _redis_answers() -> bool:
    """Asked as pages ask, so that a frozen server costs one time-out and not one for each read."""
    try:
        read_json(snapshot.CURRENT_KEY)
    except RedisError:
        return False
    return True


def _sources(now: datetime) -> Iterator[Family]:
    return _breakers("source", source_states(now), now)


def _writers(now: datetime) -> Iterator[Family]:
    return _breakers("writer", writer_states(now), now)


def _breakers(
    kind: str, states: Sequence[SourceState] | Sequence[WriterState], now: datetime
) -> Iterator[Family]:
    state = GaugeMetricFamily(
        f"marketsite_{kind}_state",
        f"1 for the state that the {kind}'s breaker is in",
        labels=[kind, "state"],
    )
    for item in states:
        for name in State:
            state.add_metric([item.name, str(name)], float(item.state == name))
    yield state
    failures = {item.name: item.breaker.failures for item in states}
    yield each(f"{kind}_failures", "Failures in a row", kind, failures)
    since = {
        item.name: seconds(now, item.breaker.succeeded_at)
        for item in states
        if item.breaker.succeeded_at
    }
    about = f"Since the {kind} last gave something usable"
    yield each(f"{kind}_success_age_seconds", about, kind, since)


def _indices(now: datetime) -> Iterator[Family]:
    current = snapshot.read()
    values = {key: entry["value"] for key, entry in current["indices"].items()}
    known = {key: value for key, value in values.items() if value}
    made = clock.parse(current["generated_at"])
    yield one("snapshot_age_seconds", "Since the snapshot was made", seconds(now, made))
    yield one("snapshot_simulated", "1 while simulated numbers are shown", current["simulated"])
    has_value = {key: key in known for key in values}
    yield each("index_known", "1 when the index has a value", "index", has_value)
    ages = {key: seconds(now, clock.parse(value["as_of"])) for key, value in known.items()}
    yield each("index_age_seconds", "Since the as-of time of the value", "index", ages)
    stale = {key: value["stale"] for key, value in known.items()}
    yield each("index_stale", "1 when a live feed would show a newer value", "index", stale)
    agreements = GaugeMetricFamily(
        "marketsite_index_agreement",
        "1 for how the value stands to a second source",
        labels=["index", "agreement"],
    )
    for key, value in known.items():
        for agreement in Agreement:
            found = float(value["agreement"] == agreement)
            agreements.add_metric([key, str(agreement)], found)
    yield agreements


def _rejected(now: datetime) -> Iterator[Family]:
    recent = RejectedQuote.objects.filter(rejected_at__gt=now - REJECTED_SPAN).order_by()
    found = dict(recent.values_list("source").annotate(Count("pk")))
    counts = dict.fromkeys(configured(), 0) | found
    yield each("rejected_quotes", "Quotes not believed in the last hour", "source", counts)


def _overview(now: datetime) -> Iterator[Family]:
    newest = Overview.objects.first()
    if newest is None:
        return
    age = seconds(now, newest.fetched_at)
    yield one("overview_age_seconds", "Since the crypto overview was made", age)
    missing = sum(value is None for value in newest.data.values())
    yield one("overview_missing", "Figures of the crypto overview that are unknown", missing)


def _reports(now: datetime) -> Iterator[Family]:
    counted = dict(Run.objects.order_by().values_list("state").annotate(Count("pk")))
    states = dict.fromkeys(Run.State.values, 0) | counted
    yield each("runs", "Runs by state", "state", states)
    published = Report.objects.published().values_list("published_at", flat=True).first()
    if published:
        age = seconds(now, published)
        yield one("report_age_seconds", "Since the last report was published", age)
    done = Run.objects.filter(state=Run.State.DONE).only("started_at", "finished_at").first()
    if done and done.started_at and done.finished_at:
        took = seconds(done.finished_at, done.started_at)
        yield one("run_seconds", "What the newest run took from start to end", took)
    plan = current_plan()
    if plan.enabled:
        wait = (plan.next_slot(now) - now).total_seconds()
        yield one("next_slot_seconds", "Until the next report is due", wait)


SECTIONS: dict[str, tuple[Section, ...]] = {
    "redis": (
        _sources,
        _writers,
        metrics_machine.processes,
        metrics_machine.jobs,
        metrics_machine.redis_server,
    ),
    "database": (_indices, _rejected, _overview, _reports, metrics_machine.database_server),
}
