"""What the tests of pages start from: numbers, a report that the pipeline wrote, an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pytest_django import DjangoDbBlocker

from market.history import backfill
from market.refresh import refresh_indices
from marketsite import clock
from reports.models import Report, Run
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.html import Page
from tests.upstreams import Upstreams

Write = Callable[..., Report]
Archive = Callable[[int], list[Report]]
LANGUAGES = ("vi", "en")


@pytest.fixture
def closed_market(db: None, upstreams: Upstreams) -> None:
    """The close of 21 August 2026 with a year of bars: in the database and the snapshot."""
    refresh_indices()
    backfill()


@pytest.fixture
def numbers(closed_market: None) -> None:
    """What pages show; the tests of reports have a fixture of this name for models."""


@pytest.fixture
def write(closed_market: None) -> Write:
    """Let the pipeline write the report of this minute: `write(draft=True)` leaves it in review."""

    def run(draft: bool = False) -> Report:
        requested, _ = request_run(clock.now(), Run.Trigger.COMMAND, draft=draft)
        report = pipeline.run_to_end(requested.pk).report
        assert report is not None
        return report

    return run


@pytest.fixture
def report(write: Write) -> Report:
    """One published report, as the offline analyst writes it."""
    return write()


@pytest.fixture
def archive(report: Report) -> Archive:
    """Publish so many older copies of the report, an hour apart, titled by their number."""

    def publish(count: int) -> list[Report]:
        rows = [_copy(report, number) for number in range(1, count + 1)]
        return Report.objects.bulk_create(rows)

    return publish


def _copy(report: Report, number: int) -> Report:
    row = Report.objects.get(pk=report.pk)
    row.pk = None
    row.slug, row.title, row.title_en = f"older-{number}", f"Bài {number}", f"Story {number}"
    assert row.published_at
    row.published_at -= timedelta(hours=number)
    return row


@pytest.fixture
def dead_database(
    django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The database's server is gone. For tests that use no database fixture."""
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
        yield
        connection.close()


def addresses(report: Report) -> dict[str, tuple[str, str]]:
    """Each public page by name, with its address in Vietnamese and in English."""
    pages = {
        "home": ("home", []),
        "list": ("report-list", []),
        "detail": ("report-detail", [report.slug]),
        "indices": ("indices", []),
        "index": ("index-detail", ["vnindex"]),
        "api": ("api-docs", []),
        "record": ("track-record", []),
        "about": ("about", []),
        "method": ("method", []),
        "contact": ("contact", []),
    }
    return {
        name: (address(view, "vi", *arguments), address(view, "en", *arguments))
        for name, (view, arguments) in pages.items()
    }


def address(view: str, language: str, *arguments: str) -> str:
    with override(language):
        return reverse(view, args=arguments)


def read(client: Client, path: str, status: int = 200) -> Page:
    """The page at an address, parsed."""
    response = client.get(path)
    assert response.status_code == status, path
    return Page(response.content)
