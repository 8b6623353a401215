"""The one bounded HTTP client: nothing upstream does can hold, fill or redirect us.

Each call has a time-out to connect, a deadline for the whole, a cap on the body (counted after
decompression, while streaming), at most one retry, and follows no redirect.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any

import requests

CHUNK_BYTES = 65_536
LONGEST_RETRY_AFTER = 24 * 3600.0


class HttpError(Exception):
    """A call that gave no usable JSON; the message is short and holds no address."""


class HttpUnavailable(HttpError):
    """Network trouble, a time-out, or a 5xx."""


class HttpRefused(HttpError):
    """401, 403, 429 or 451; `retry_after` in seconds when the server named it."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class HttpInvalid(HttpError):
    """An answer that is not JSON, too large, redirected, or refused as a bad request."""


class HttpClient:
    """A small session for one job; close it, or use it as a context manager."""

    def __init__(
        self,
        connect_timeout: float = 3.0,
        total_timeout: float = 10.0,
        max_bytes: int = 2_000_000,
        retries: int = 1,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        self._retries = retries
        self._session = requests.Session()
        self._session.max_redirects = 0

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
        deadline = time.monotonic() + self._total_timeout
        for attempt in range(self._retries + 1):
            try:
                return self._once(method, url, params, body, headers or {}, deadline)
            except HttpUnavailable:
                if attempt == self._retries or time.monotonic() >= deadline:
                    raise
        raise AssertionError("unreachable")

    def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str],
        deadline: float,
    ) -> Any:
        left = max(deadline - time.monotonic(), 0.01)
        try:
            with self._session.request(
                method,
                url,
                params=params,
                json=body,
                headers=dict(headers),
                timeout=(min(self._connect_timeout, left), left),
                stream=True,
                allow_redirects=False,
            ) as response:
                _refuse_status(response)
                return _parse(self._read(response, deadline))
        except requests.Timeout:
            raise HttpUnavailable("timed out") from None
        except requests.RequestException as error:
            raise HttpUnavailable(_network_reason(error)) from None

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        parts = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            parts += chunk
            if len(parts) > self._max_bytes:
                raise HttpInvalid(f"answer is larger than {self._max_bytes} bytes")
            if time.monotonic() > deadline:
                raise HttpUnavailable("timed out")
        return bytes(parts)


def _refuse_status(response: requests.Response) -> None:
    status = response.status_code
    if status in {401, 403, 429, 451}:
        raise HttpRefused(f"refused with status {status}", _retry_after(response))
    if status >= 500:
        raise HttpUnavailable(f"answered with status {status}")
    if 300 <= status < 400:
        raise HttpInvalid(f"redirects elsewhere (status {status})")
    if status != 200:
        raise HttpInvalid(f"answered with status {status}")


def _retry_after(response: requests.Response) -> float | None:
    """The header's seconds; its date form is rare here and counts as not given."""
    text = response.headers.get("Retry-After", "").strip()
    return min(float(text), LONGEST_RETRY_AFTER) if text.isdigit() else None


def _parse(content: bytes) -> Any:
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        raise HttpInvalid("answered with nothing")
    if text.startswith(b"<"):
        raise HttpInvalid("answered with a web page in place of data")
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HttpInvalid("answered with text that is not JSON") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _network_reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "sent a body that cannot be decoded"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "cut the connection"
    if isinstance(error, requests.exceptions.SSLError):
        return "failed the TLS check"
    if "NameResolutionError" in str(error):
        return "name cannot be resolved"
    return "connection failed"
