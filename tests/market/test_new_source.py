"""A new source is one file and one line: those of docs/extending.md, taken from there and used."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from market import snapshot, sources
from market.models import Index, Quote
from market.refresh import refresh_indices
from market.source_states import source_states
from marketsite import clock
from tests.documents import text
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

PAGE = text("docs/extending.md").partition("\n## A writer\n")[0]
FILE, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GOOD = {"name": "VN30", "last": 1928.1, "reference": 1887.06, "at": "2026-08-21T14:45:59"}


class Vendor(ThreadingHTTPServer):
    """Speaks the made-up vendor's protocol; `rows` is what it knows."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[dict[str, object]] = [GOOD | {"shares": 332_596_886, "billions": 13120.5}]
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_GET(self) -> None:
        self.server.asked += parse_qs(urlsplit(self.path).query)["names"]
        body = json.dumps({"rows": self.server.rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, upstreams: Upstreams
) -> Iterator[Vendor]:
    """The vendor, and the site with the documented file and line in place, asked first."""
    (tmp_path / "example.py").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    entry = eval(f"{{{LINE}}}", vars(sources))  # noqa: S307 (our own documentation)
    monkeypatch.setattr(sources, "SOURCES", sources.SOURCES | entry)
    monkeypatch.setattr("market.source_states.SOURCES", sources.SOURCES)
    Index.objects.filter(code="VN30").update(vendor_codes={"vietcap": "VN30", "example": "VN30"})
    running = Vendor()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    settings.MARKET_SOURCES = ["example", "vietcap"]
    settings.MARKET_BASE_URLS = settings.MARKET_BASE_URLS | {"example": running.url}
    yield running
    running.shutdown()
    running.server_close()
    sys.modules.pop("market.sources.example", None)


def test_its_numbers_come_through_a_refresh_in_our_units(vendor: Vendor) -> None:
    refresh_indices()
    assert vendor.asked == ["VN30"]
    quote = Quote.objects.get(index__code="VN30")
    assert (quote.source, str(quote.price)) == ("example", "1928.1000")
    assert (quote.volume, quote.value) == (332_596_886, 13_120_500_000_000)
    assert quote.as_of == clock.parse("2026-08-21T07:45:59Z")
    indices = snapshot.read()["indices"]
    found = {key: entry["value"] and entry["value"]["source"] for key, entry in indices.items()}
    assert found == {
        "vnindex": "vietcap",
        "vn30": "example",
        "hnxindex": "vietcap",
        "hnx30": "vietcap",
        "upcomindex": "vietcap",
    }


@pytest.mark.parametrize(
    "rows", [[], [GOOD | {"last": 0}], [GOOD | {"at": "yesterday"}], [{"name": 1}], ["VN30"]]
)
def test_what_it_gets_wrong_the_next_source_puts_right(
    vendor: Vendor, rows: list[dict[str, object]]
) -> None:
    vendor.rows = rows
    refresh_indices()
    assert Quote.objects.get(index__code="VN30").source == "vietcap"


def test_its_state_is_kept_like_that_of_the_others(vendor: Vendor) -> None:
    refresh_indices()
    states = {item.name: item for item in source_states(clock.now())}
    assert states["example"].breaker.succeeded_at == clock.now()
    assert states["example"].is_known
