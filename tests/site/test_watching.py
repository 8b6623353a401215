"""Dashboard, alerts and their document name what the site really tells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
import redis
import yaml
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from market.models import Overview
from market.refresh import refresh_indices
from marketsite import job_counts, vitals
from reports.models import Report
from reports.writing.asking import ask
from reports.writing.writers.base import Prompt
from tests import promql
from tests.documents import example, text
from tests.upstreams import Upstreams

TOKEN = "correct-horse-battery-staple"
DASHBOARD, ALERTS = "deploy/grafana/marketsite.json", "deploy/prometheus/alerts.yml"
SEVERITIES = {"critical", "warning", "info"}
# What a query may ask for that a healthy site does not show just now
POSSIBLE = {("outcome", "ok"), ("state", "waiting")}


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text(DASHBOARD))
    return loaded


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(text(ALERTS))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for rule in rules():
        yield rule["alert"], rule["expr"]


@pytest.fixture
def told(
    client: Client,
    models: Upstreams,
    report: Report,
    settings: Settings,
    redis_client: redis.Redis,
    at: Callable[[str], None],
) -> dict[str, set[tuple[str, str]]]:
    """Every metric of a site on which everything has happened, with its labels and their values."""
    at("2026-08-21T08:12:00Z")
    settings.METRICS_TOKEN = TOKEN
    refresh_indices()
    ask("openai", Prompt("", "Xin chào"))
    Overview.objects.create(fetched_at=datetime(2026, 8, 21, 8, tzinfo=UTC), data={})
    job_counts.count("refresh_indices", "ok", 0.1)
    process = vitals.measured("worker")
    assert process
    vitals.write(redis_client, process)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE market_quote")  # a table that nobody has looked at has no estimate
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.items())
    return found


def test_each_query_asks_for_what_is_told(told: dict[str, set[tuple[str, str]]]) -> None:
    for name, expression in expressions():
        query = promql.read(expression)
        labels = set[str]()
        for selector in query.selectors:
            assert selector.metric in told, (name, selector.metric)
            known = told[selector.metric]
            labels |= {label for label, _ in known}
            assert set(selector.labels) <= known | POSSIBLE, (name, selector)
        assert query.grouped_by <= labels, name


def test_the_table_of_metrics_names_each_and_invents_none(
    told: dict[str, set[tuple[str, str]]],
) -> None:
    table = re.findall(r"^\| (`marketsite_.+?) \|", text("docs/operations.md"), re.MULTILINE)
    documented: dict[str, set[str]] = {}
    for name, labels in re.findall(r"`(\w+)(?:\{([\w, ]+)\})?`", " ".join(table)):
        documented[name] = set(re.findall(r"\w+", labels))
    ours = {name: known for name, known in told.items() if name.startswith("marketsite_")}
    real = {name: {label for label, _ in known} for name, known in ours.items()}
    assert documented == real


@pytest.mark.parametrize(
    "broken",
    [
        "rate(marketsite_jobs_total)",
        "sum by (job) (marketsite_jobs_total",
        "sum(marketsite_jobs_total))",
        "marketsite_up{part=redis} == 0",
        "marketsite_up == 0x",
        "marketsite_up[5m] == 0",
        "marketsite_up ~ 0",
        "sum > 3",
        "600",
    ],
)
def test_what_is_no_query_is_seen(broken: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        promql.read(broken)


# The dashboard


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    loaded = dashboard()
    assert (loaded["title"], loaded["uid"]) == ("Marketsite", "marketsite")
    (variable,) = loaded["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    panels = loaded["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    for panel in panels:
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["datasource"]["uid"] == f"${{{variable['name']}}}", panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in {"short", "s", "bytes"}
        references = [target["refId"] for target in panel["targets"]]
        assert references == sorted(set(references))
        for target in panel["targets"]:
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            query = promql.read(target["expr"])
            assert used <= query.grouped_by or not query.grouped_by, panel["title"]


def test_no_panel_lies_on_another() -> None:
    places = [panel["gridPos"] for panel in dashboard()["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(place["x"] + place["w"] <= 24 for place in places)


# Alerts


def test_each_alert_says_when_how_bad_and_what() -> None:
    found = rules()
    names = [rule["alert"] for rule in found]
    assert len(set(names)) == len(names) > 12
    for rule in found:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"Marketsite[A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"\d+[mhd]", rule["for"])
        assert rule["labels"]["severity"] in SEVERITIES
        assert set(rule["annotations"]) <= {"summary", "description"}
        used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        query = promql.read(rule["expr"])
        kept = query.grouped_by or {"role", "host", "pid"}
        assert used <= kept, rule["alert"]


def test_each_alert_stands_in_the_document_of_what_to_do() -> None:
    described = set(
        re.findall(r"^\| `(Marketsite\w+)` \|", text("docs/operations.md"), re.MULTILINE)
    )
    assert described == {rule["alert"] for rule in rules()}


# Connections


def test_the_connections_in_the_document_follow_from_the_defaults() -> None:
    defaults = {name: int(value) for name, value in example().items() if value.isdigit()}
    document = text("docs/operations.md")
    rows = re.findall(r"^\| (web|worker) \| (`.+?) \| (\d+) \|$", document, re.MULTILINE)
    formulas = {name: formula for name, formula, _ in rows}
    web = defaults["WEB_WORKERS"] * (defaults["WEB_THREADS"] + 1) + 1
    threads = defaults["CELERY_CONCURRENCY"]
    assert {(name, int(number)) for name, _, number in rows} == {
        ("web", web),
        ("worker", threads + 2 * (threads - 1)),
    }
    assert formulas["web"] == "`WEB_WORKERS` × (`WEB_THREADS` + 1) + 1"
