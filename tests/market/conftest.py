"""What the market's tests share: Redis servers that do not answer, and rows to start from."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from market.http import HttpClient
from market.models import Bar, Index, Quote
from marketsite import clock
from marketsite.redis import cache_settings
from tests.market.vendors import Vendors
from tests.upstreams import Upstreams

TIMEOUT = 0.2

MakeQuote = Callable[..., Quote]
MakeBar = Callable[..., Bar]


class FrozenServer:
    """A port that accepts connections and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setblocking(False)
        self._taken: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    @property
    def connections(self) -> int:
        """How many clients have connected so far."""
        while True:
            try:
                self._taken.append(self._listener.accept()[0])
            except BlockingIOError:
                return len(self._taken)

    def close(self) -> None:
        for taken in [self._listener, *self._taken]:
            taken.close()


def use_redis(settings: Settings, url: str) -> None:
    """Point the site at another server, with a short time-out."""
    settings.REDIS_TIMEOUT_SECONDS = TIMEOUT
    settings.CACHES = {"default": cache_settings(url, 8, TIMEOUT)}


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    """The sources at upstreams of their own, which stand after the close of 21 August 2026."""
    with Upstreams() as upstreams, HttpClient(total_timeout=5.0) as client:
        yield Vendors(upstreams, client)


@pytest.fixture
def crypto(upstreams: Upstreams, at: Callable[[str], None]) -> Upstreams:
    """Vendors whose crypto answers follow the clock, from the moment of the samples on."""
    upstreams.scenario = "demo"
    at("2026-08-21T03:21:30Z")
    return upstreams


@pytest.fixture
def frozen_redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenServer]:
    """The site's Redis accepts and never answers; its rest outlasts the test on any machine."""
    monkeypatch.setattr("marketsite.redis.REST_TIMEOUTS", 1000)
    server = FrozenServer()
    use_redis(settings, server.url)
    yield server
    server.close()


@pytest.fixture
def dead_redis(settings: Settings) -> None:
    """Nothing listens where the site's Redis should be."""
    use_redis(settings, "redis://127.0.0.1:9/0")


@pytest.fixture
def make_quote(db: None) -> MakeQuote:
    """Store a quote, by default VN-Index at the close of 21 August 2026."""

    def make(code: str = "VNINDEX", **fields: Any) -> Quote:
        as_of = clock.parse(fields.pop("as_of", "2026-08-21T07:45:59Z"))
        usual = {
            "price": Decimal("1768.12"),
            "previous_close": Decimal("1734.24"),
            "source": "vietcap",
            "fetched_at": as_of + timedelta(seconds=10),
        }
        index = Index.objects.get(code=code)
        return Quote.objects.create(index=index, as_of=as_of, **usual | fields)

    return make


@pytest.fixture
def make_bar(db: None) -> MakeBar:
    """Store a bar of VN-Index whose four prices are one."""

    def make(day: str, close: str = "1700", code: str = "VNINDEX", **fields: Any) -> Bar:
        prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(close))
        index = Index.objects.get(code=code)
        return Bar.objects.create(index=index, day=day, **prices | {"source": "vietcap"} | fields)

    return make
