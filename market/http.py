"""The one bounded HTTP client: nothing upstream does can hold, fill or redirect us.

Each call has a time-out to connect, a deadline for the whole however slowly bytes arrive, a cap on
the body (counted after decompression, while streaming), at most one retry, and follows no redirect,
a page's within its own host excepted. A host's addresses share the time-out to connect, IPv4 first.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from urllib3 import Timeout
from urllib3.exceptions import (
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
)

from market.connections import Adapter, NotPublic, PublicAdapter

T = TypeVar("T")
CHUNK_BYTES = 65_536
RETRY_SECONDS = re.compile(r"[0-9]{1,9}")
LONGEST_RETRY_AFTER = 24 * 3600.0
BEGINNING = 300  # bytes of an unreadable body, to be told
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 2
PORTS = {"http": 80, "https": 443}
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
REFUSALS = {401, 402, 403, 418, 429, 451}  # 418: Binance's, to who goes on after a 429


class HttpError(Exception):
    """A call that gave no usable JSON; the message is short and holds no address."""


class HttpUnavailable(HttpError):
    """Network trouble, a time-out, or a 5xx."""


class HttpRefused(HttpError):
    """One of `REFUSALS`; `retry_after` in seconds when the server named it."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class HttpInvalid(HttpError):
    """An answer that is not JSON, too large, redirected, or refused as a bad request.

    `beginning` is how an unreadable body begins.
    """

    def __init__(self, reason: str, body: bytes = b"") -> None:
        super().__init__(reason)
        self.beginning = body[:BEGINNING].decode("utf-8", "replace")


class HttpTooLarge(HttpInvalid):
    """An answer larger than the cap; the rest of it was not read."""


@dataclass(frozen=True, slots=True)
class Page:
    """A body as it came, the kind that the server calls it, and the address that gave it."""

    content: bytes
    content_type: str
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """Whatever a server answered: the status, the headers in lower case, the body as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class _Session(requests.Session):
    """Asks once and follows nothing: requests itself would read a redirect's whole body to follow
    it, and takes as long over hooks, logins and mergers, none of which is used here. A cookie is
    not kept: no upstream needs one, and a client that serves for days would be told apart by it.

    Of the environment it takes the proxy and the certificates of authorities, not a login from
    `~/.netrc`. A `direct` one uses no proxy, which would look the names up in our place.
    """

    def __init__(self, direct: bool) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = next(filter(None, map(os.environ.get, AUTHORITIES)), True)
        self._direct = direct

    def ask(self, request: requests.Request, limits: Timeout) -> requests.Response:
        """The answer, its body unread."""
        prepared = self.prepare_request(request)
        url = str(prepared.url)
        response: requests.Response = self.get_adapter(url).send(
            prepared,
            stream=True,
            timeout=limits,  # type: ignore[arg-type]  # requests passes it on as it is
            verify=self.verify is None or self.verify,
            proxies={} if self._direct else _proxies(url),
        )
        return response

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """What requests makes of it, without its mergers, which cost as much as all else.

        JSON goes out as UTF-8: escaped, a letter of Vietnamese takes twice as many bytes.
        """
        headers, data = {**self.headers, **request.headers}, request.data
        if request.json is not None:
            headers |= {"Content-Type": "application/json"}
            text = json.dumps(request.json, ensure_ascii=False, allow_nan=False)
            data = text.encode("utf-8", "replace")
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=str(request.method).upper(),
            url=request.url,
            headers=headers,
            params=request.params,
            data=data,
        )
        return prepared


def _proxies(url: str) -> dict[str, str]:
    """The environment's proxy for an address; requests reads the whole environment to find none."""
    if not any(os.environ.get(name) or os.environ.get(name.upper()) for name in PROXIES):
        return {}
    return dict(requests.utils.get_environ_proxies(url))


class HttpClient:
    """A small session for one job; close it, or use it as a context manager.

    With `public_only` it connects to addresses of the open Internet alone, whatever a name
    resolves to, and through no proxy.
    """

    def __init__(
        self,
        connect_timeout: float = 3.0,
        total_timeout: float = 10.0,
        max_bytes: int = 2_000_000,
        retries: int = 1,
        public_only: bool = False,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        self._retries = retries
        self._session = _Session(direct=public_only)
        adapter = PublicAdapter if public_only else Adapter
        self._session.mount("https://", adapter())
        self._session.mount("http://", adapter())

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def json(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The parsed answer, fractions as `Decimal`. Raises HttpError children.

        The deadline covers the retry too: one slow upstream costs `total_timeout` seconds at most.
        """

        def once(deadline: float) -> Any:
            with self._asked(method, url, deadline, params, body, headers) as response:
                _refuse_status(response)
                return _parse(self._read(response))

        return self._retried(once)

    def page(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """What a GET gives, of whatever kind. Raises HttpError children.

        A redirect is followed twice at most, to the same host, and never from https to http.
        """

        def once(deadline: float) -> Page:
            place = url
            for _ in range(MOST_REDIRECTS + 1):
                with self._asked("GET", place, deadline, headers=headers) as response:
                    if response.status_code not in REDIRECTS:
                        _refuse_status(response)
                        kind = response.headers.get("Content-Type", "")
                        return Page(self._read(response), kind, place)
                    place = _next_place(place, response)
            raise HttpInvalid("redirects too often")

        return self._retried(once)

    def exchange(
        self, method: str, url: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Whatever is answered, whatever its status; asked once, and no redirect followed.

        Raises HttpUnavailable for network trouble and time-outs, HttpInvalid for what is no HTTP,
        HttpTooLarge among it.
        """
        deadline = time.monotonic() + self._total_timeout
        with self._asked(method, url, deadline, body=body, headers=headers) as response:
            named = {name.lower(): value for name, value in response.headers.items()}
            return Response(response.status_code, named, self._read(response))

    def _retried(self, once: Callable[[float], T]) -> T:
        deadline = time.monotonic() + self._total_timeout
        for attempt in range(self._retries + 1):
            try:
                return once(deadline)
            except HttpUnavailable:
                if attempt == self._retries or time.monotonic() >= deadline:
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def _asked(
        self,
        method: str,
        url: str,
        deadline: float,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """The answer, its body unread; what goes wrong inside becomes an HttpError."""
        left = max(deadline - time.monotonic(), 0.01)
        limits = Timeout(connect=min(self._connect_timeout, left), total=left)
        try:
            request = requests.Request(method, url, headers, params=params, json=body)
            with self._session.ask(request, limits) as response:
                yield response
        except requests.Timeout:
            raise HttpUnavailable("timed out") from None
        except requests.RequestException as error:
            raise _network_failure(error) from None
        except (http.client.HTTPException, urllib3.exceptions.HTTPError, OSError):
            raise HttpUnavailable("cut the connection") from None
        except UnicodeError:  # of a header; its message would hold the value
            raise HttpInvalid("cannot be asked: a header is not Latin-1") from None
        except ValueError:  # urllib3 and http.client meet some broken framing with it
            raise HttpInvalid("answered with something that is not HTTP") from None

    def _read(self, response: requests.Response) -> bytes:
        parts = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            parts += chunk
            if len(parts) > self._max_bytes:
                raise HttpTooLarge(f"answer is larger than {self._max_bytes} bytes")
        return bytes(parts)


def _refuse_status(response: requests.Response) -> None:
    status = response.status_code
    if status in REFUSALS:
        raise HttpRefused(f"refused with status {status}", _retry_after(response))
    if status >= 500:
        raise HttpUnavailable(f"answered with status {status}")
    if 300 <= status < 400:
        raise HttpInvalid(f"redirects elsewhere (status {status})")
    if status != 200:
        raise HttpInvalid(f"answered with status {status}")


def _next_place(place: str, response: requests.Response) -> str:
    """Where a redirect leads; raises HttpInvalid unless that is the same host, as safely asked."""
    target = urljoin(place, response.headers.get("Location", ""))
    before, after = _origin(urlsplit(place)), _origin(urlsplit(target))
    to_tls = before[::2] == ("http", 80) and after == ("https", before[1], 443)
    if after != before and not to_tls:
        raise HttpInvalid(f"redirects elsewhere (status {response.status_code})")
    return target


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port; a name and a password in the address make it another host."""
    login = parts.netloc.rpartition("@")[0]
    port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    return parts.scheme, f"{login}{parts.hostname or ''}", port


def _retry_after(response: requests.Response) -> float | None:
    """The header's seconds; its date form is rare here and counts as not given."""
    text = response.headers.get("Retry-After", "").strip()
    return min(float(text), LONGEST_RETRY_AFTER) if RETRY_SECONDS.fullmatch(text) else None


def _parse(content: bytes) -> Any:
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        raise HttpInvalid("answered with nothing")
    if text.startswith(b"<"):
        raise HttpInvalid("answered with a web page in place of data", text)
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError):
        raise HttpInvalid("answered with text that is not JSON", text) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _network_failure(error: requests.RequestException) -> HttpError:
    if any(isinstance(cause, NotPublic) for cause in _causes(error)):
        return HttpInvalid("stands at an address that is not public")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return HttpInvalid("has an address that cannot be asked")
    return HttpUnavailable(_network_reason(error))


def _network_reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "sent a body that cannot be decoded"
    if isinstance(error, requests.exceptions.SSLError):
        return "failed the TLS check"
    causes = _causes(error)
    if any(isinstance(cause, ReadTimeoutError | TimeoutError) for cause in causes):
        return "timed out"
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return "name cannot be resolved"
    if any(isinstance(cause, ProtocolError) for cause in causes):
        return "cut the connection"
    return "connection failed"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps: requests and urllib3 keep the cause as argument or reason."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        current = waiting.pop()
        found.append(current)
        inner = (*current.args, getattr(current, "reason", None))
        waiting += [item for item in inner if isinstance(item, BaseException) and item not in found]
    return found
