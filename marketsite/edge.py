"""Public pages from this process's memory, before Django.

A WSGI application around Django's. What it may answer says `marketsite.cacheable`; whether what it
has is current, `marketsite.freshness`. In doubt Django answers: on a query that a view reads, a
verified session, a host, method or path that is not on the list, and while PostgreSQL (for pages
with numbers, Redis too) was not heard for a second. Nothing but a 200 is kept.
"""

from __future__ import annotations

import hmac
import io
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from psycopg2.extensions import connection as Connection

from marketsite.cacheable import Rule, rule_of
from marketsite.freshness import Freshness, Numbers, Version
from marketsite.locks import direct_connection
from marketsite.negotiation import encoding_for, is_known
from marketsite.sessions import is_ours
from marketsite.variants import (
    Headers,
    Page,
    digest_of,
    kept_headers,
    may_be_kept,
    packed,
    variants_of,
)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

FLIGHT_SECONDS = 10.0  # how long a request waits for another one's page
MOST_HOSTS = 32
FILL = "/.edge-fill"  # before the path, where the front asks for a page
NOT_KEPT = ("Cache-Control", "private, no-cache")
# What a page may depend on besides its path: nothing that a reader sends but the host, which is
# one of ours, and the scheme.
PASSED = re.compile(r"SERVER_|REMOTE_|wsgi\.(?!input)|HTTP_HOST$|HTTP_X_FORWARDED_PROTO$")


@dataclass(slots=True)
class Flight:
    """A page that is being made: whoever asks for it meanwhile waits."""

    version: Version
    done: threading.Event = field(default_factory=threading.Event)
    page: Page | None = None


@dataclass(slots=True)
class Answer:
    """What Django answered."""

    status: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""


class Edge:
    """The callable. `limit` is in bytes of bodies, each page's headers counted roughly."""

    def __init__(self, django: Application, freshness: Freshness, limit: int) -> None:
        self._django = django
        self._freshness = freshness
        self._leases = freshness.leases
        self._limit = limit
        self._pages: dict[str, Page] = {}
        self._size = 0
        self._flights: dict[str, Flight] = {}
        self._lock = threading.Lock()
        self._hosts: set[str] = set()
        self._secure_header, self._secure_value = settings.SECURE_PROXY_SSL_HEADER or ("", "")
        self._token = os.environ.get("EDGE_FILL_TOKEN", "").encode()
        self._cookie = f"{settings.SESSION_COOKIE_NAME}="

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The short way for what is in memory; whatever is unusual goes the long one."""
        get = environ.get
        path = environ["PATH_INFO"]
        scheme = get(self._secure_header) or environ["wsgi.url_scheme"]
        page = self._pages.get(path if scheme == "http" else f"{scheme}:{path}")
        if page is not None:
            lease, now = self._leases[page.group], time.monotonic()
            if (
                page.version is lease.version
                and now < lease.until
                and now < page.expires
                and get("HTTP_HOST") in self._hosts
                and not get("QUERY_STRING")
                and ((cookie := get("HTTP_COOKIE")) is None or self._cookie not in cookie)
                and ((method := environ["REQUEST_METHOD"]) == "GET" or method == "HEAD")
            ):
                page.used = now
                return _send(page, environ, start_response)
        return self._look(environ, start_response, path)

    def _look(self, environ: Environ, start_response: StartResponse, path: str) -> Iterable[bytes]:
        """The same with all questions asked, and the page made if it is not there."""
        if path.startswith(FILL) and self._is_front(environ):
            return self._fill(environ, start_response, path[len(FILL) :])
        rule = self._rule(environ, path)
        if rule is None:
            return self._pass(environ, start_response)
        found = None if self._has_session(environ) else self._find(environ, path, rule)
        match found:
            case Page():
                return _send(found, environ, start_response)
            case Answer():
                return _relay(found, environ, start_response)
        return self._pass(environ, start_response)

    def _find(self, environ: Environ, path: str, rule: Rule) -> Page | Answer | None:
        """The page as it is now; else what Django answered, or None when it must be asked."""
        self._freshness.start()
        lease, now = self._leases[rule.group], time.monotonic()
        if now >= lease.until:
            return None
        key = self._key(environ, path)
        page = self._pages.get(key)
        if page is None or page.version is not lease.version or now >= page.expires:
            return self._fly(key, environ, rule, lease.version)
        page.used = now
        return page

    def _is_front(self, environ: Environ) -> bool:
        """Whether our own front process asks, which alone knows the token of this start."""
        given = environ.get("HTTP_X_EDGE_FILL", "")
        return bool(self._token) and hmac.compare_digest(given.encode(), self._token)

    def _fill(self, environ: Environ, start_response: StartResponse, path: str) -> Iterable[bytes]:
        """A page for the front's memory, all encodings in one; 204 for what it may not keep, and
        for what nobody has asked for yet.
        """
        asked = environ | {"PATH_INFO": path}
        rule = self._rule(asked, path) if self._key(asked, path) in self._pages else None
        found = self._find(asked, path, rule) if rule else None
        if not isinstance(found, Page):
            start_response("204 No Content", [])
            return []
        parts = packed(found)
        start_response("200 OK", [("Content-Length", str(sum(map(len, parts))))])
        return parts

    def _rule(self, environ: Environ, path: str) -> Rule | None:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or environ.get("SCRIPT_NAME"):
            return None
        if not self._is_host(environ.get("HTTP_HOST", "")):
            return None
        if settings.SECURE_SSL_REDIRECT and not self._is_secure(environ):
            return None
        return rule_of(path, environ.get("QUERY_STRING", ""))

    def _is_host(self, host: str) -> bool:
        """Whether Django would take this Host header."""
        if host in self._hosts:
            return True
        domain, _ = split_domain_port(host)
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
            return False
        if len(self._hosts) >= MOST_HOSTS:
            self._hosts.clear()  # any port will do: strangers must not fill it for good
        self._hosts.add(host)
        return True

    def _key(self, environ: Environ, path: str) -> str:
        return f"https:{path}" if self._is_secure(environ) else path

    def _is_secure(self, environ: Environ) -> bool:
        if self._secure_header and (given := environ.get(self._secure_header)) is not None:
            return bool(given.split(",", 1)[0].strip() == self._secure_value)
        return bool(environ.get("wsgi.url_scheme") == "https")

    def _has_session(self, environ: Environ) -> bool:
        """Whether a session's cookie came that only we can have made."""
        for part in environ.get("HTTP_COOKIE", "").split(";"):
            if part.strip().startswith(self._cookie):
                return is_ours(part.strip()[len(self._cookie) :].strip('"'))
        return False

    def _pass(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Django's own answer, which no cache in front may keep unless the view says so."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            if not any(name.lower() == "cache-control" for name, _ in headers):
                headers = [*headers, NOT_KEPT]
            return start_response(status, headers, exc_info)

        return self._django(environ, start)

    def _fly(
        self, key: str, environ: Environ, rule: Rule, version: Version
    ) -> Page | Answer | None:
        """The page, made by one request for all that ask meanwhile; else what Django answered."""
        with self._lock:
            other = self._flights.get(key)
            if other is None or other.version is not version:
                flight = self._flights[key] = Flight(version)
        if other is not None and other.version is version:
            other.done.wait(FLIGHT_SECONDS)
            return other.page
        try:
            answer = self._ask(environ)
            if may_be_kept(answer.status, answer.headers):
                flight.page = self._made(key, answer, rule, version)
            return flight.page or answer
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.done.set()

    def _ask(self, environ: Environ) -> Answer:
        """Django's answer to a plain GET by nobody."""
        answer = Answer()

        def start(status: str, headers: Headers, _exc_info: Any = None) -> None:
            answer.status, answer.headers = status, list(headers)

        asked = {name: value for name, value in environ.items() if PASSED.match(name)}
        asked |= {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": environ["PATH_INFO"],
            "QUERY_STRING": "",
            "SERVER_PROTOCOL": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "wsgi.input": io.BytesIO(),
        }
        parts = self._django(asked, start)
        try:
            answer.body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        return answer

    def _made(self, key: str, answer: Answer, rule: Rule, version: Version) -> Page:
        """The page, and its place in memory; compressed anew only when it became another."""
        now = time.monotonic()
        headers = kept_headers(answer.headers)
        digest = digest_of(headers, answer.body)
        before = self._pages.get(key)
        if before is not None and before.digest == digest:
            variants = before.variants
        else:
            variants = variants_of(headers, digest, answer.body)
        page = Page(rule.group, version, now + rule.seconds, digest, headers, variants, now)
        self._keep(key, page)
        return page

    def _keep(self, key: str, page: Page) -> None:
        with self._lock:
            if page.size <= self._limit:
                self._pages[key] = page
            if sum(kept.size for kept in self._pages.values()) > self._limit:
                self._make_room()

    def _make_room(self) -> None:
        """Drop what was not asked for the longest, down to nine tenths of the limit."""
        size = sum(page.size for page in self._pages.values())
        for key, page in sorted(self._pages.items(), key=lambda item: item[1].used):
            if size <= self._limit * 0.9:
                return
            del self._pages[key]
            size -= page.size


def _send(page: Page, environ: Environ, start_response: StartResponse) -> list[bytes]:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    variant = page.variant(encoding_for(accepted))
    given = environ.get("HTTP_IF_NONE_MATCH")
    if given is not None and is_known(variant.etag, given):
        start_response("304 Not Modified", variant.not_modified)
        return []
    start_response("200 OK", variant.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else variant.body


def _relay(answer: Answer, environ: Environ, start_response: StartResponse) -> list[bytes]:
    """What Django answered to a plain GET, as for what is not there, to whoever asked."""
    headers = [item for item in answer.headers if item[0].lower() != "content-length"]
    if not any(name.lower() == "cache-control" for name, _ in headers):
        headers.append(NOT_KEPT)
    start_response(answer.status, [*headers, ("Content-Length", str(len(answer.body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def edge(django: Application) -> Application:
    """Django's application behind its edge; as it is where that is switched off."""
    limit = settings.EDGE_MEMORY_MB * 1_000_000
    if not limit or settings.DEBUG:  # templates change under a debugged site
        return django
    return Edge(django, freshness(), limit)


def freshness() -> Freshness:
    """The site's, not started yet."""
    return Freshness(_connect, Numbers(settings.REDIS_URL))


def _connect() -> Connection:
    parameters = direct_connection().get_connection_params()
    connection: Connection = psycopg2.connect(**parameters)
    connection.autocommit = True
    return connection
