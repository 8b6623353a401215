"""The site's WSGI callable as servers call it, and reports for it to show."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from marketsite import clock
from marketsite.edge import Edge, freshness
from marketsite.freshness import LEASE_SECONDS, MARKET, SITE
from reports.models import Report
from tests.processes import until

Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def text(self) -> str:
        return self.body.decode()


def call(application: Any, path: str, method: str = "GET", query: str = "", **more: str) -> Answer:
    """One request; `more` are environ's own names, such as `HTTP_COOKIE`."""
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }
    started: list[Any] = []
    parts = application(
        environ, lambda status, headers, exc_info=None: started.extend([status, headers])
    )
    body = b"".join(parts)
    if close := getattr(parts, "close", None):
        close()
    return Answer(int(started[0].split()[0]), list(started[1]), body)


@dataclass(slots=True)
class Site:
    """The edge over Django, and what Django was asked for."""

    edge: Edge
    django: Any
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, **more: str) -> Answer:
        return call(self.edge, path, **more)

    def head(self, path: str, **more: str) -> Answer:
        return call(self.edge, path, "HEAD", **more)

    def until_current(self) -> None:
        """Wait for what is committed to be known."""
        now = time.monotonic()
        until(lambda: all(lease.until > now + LEASE_SECONDS for lease in self.edge._leases))

    def asks_of(self, path: str, **more: str) -> int:
        """How often Django was asked for the answer."""
        before = len(self.asked)
        self.get(path, **more)
        return len(self.asked) - before


@contextmanager
def site(limit: int = 10_000_000) -> Iterator[Site]:
    django = get_wsgi_application()
    asked: list[str] = []

    def counted(environ: Environ, start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return django(environ, start_response)

    fresh = freshness()
    fresh.start()
    running = Site(Edge(counted, fresh, limit), django, asked)
    try:
        until(lambda: fresh.leases[SITE].until > 0 and fresh.leases[MARKET].until > 0)
        yield running
    finally:
        fresh.stop()
        connections.close_all()


def make_report(slug: str = "vn-index", status: str = "published", **fields: Any) -> Report:
    now = clock.now()
    return Report.objects.create(
        slug=slug,
        title=fields.pop("title", "Thị trường tăng"),
        title_en="VN-Index up",
        html_content=fields.pop("html_content", "<p>Thị trường</p>" * 200),
        html_content_en="<p>Market</p>" * 200,
        status=status,
        created_at=now,
        published_at=now if status == "published" else None,
        **fields,
    )


def secure() -> dict[str, str]:
    return {settings.SECURE_PROXY_SSL_HEADER[0]: "https"}
