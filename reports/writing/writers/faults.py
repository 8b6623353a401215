"""What an answer that is no success asks of us: wait, stop until a reset, or call the operator.

Vendors' own words are read and never repeated: they may echo the key or the prompt. What a reason
holds is our own sentence, the status, and the vendor's codes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from market.http import HttpError, HttpInvalid, HttpTooLarge, Response
from reports.writing.writers import loose
from reports.writing.writers.base import (
    BadAnswer,
    WriterError,
    WriterExhausted,
    WriterRefused,
    WriterUnavailable,
)

CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,50}")
SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s?")
PER_DAY = re.compile(r"per[-_ ]?day", re.IGNORECASE)
NO_QUOTA = re.compile(r"\blimit: 0(?![\d.])")
UNPAID = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
KEY_CODES = {"API_KEY_INVALID", "invalid_api_key", "CONSUMER_SUSPENDED", "CONSUMER_INVALID"}
PASSING = {408, 409, 425}
UNSENT = {"connection failed", "name cannot be resolved", "failed the TLS check"}
# An error inside a 200 may name its status by a word alone.
STATUS_WORDS = {
    "RESOURCE_EXHAUSTED": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 402,
    "INVALID_ARGUMENT": 400,
    "invalid_request_error": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "invalid_api_key": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "model_not_found": 404,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A vendor's error: its status as far as known, its codes, its words (which stay here)."""

    status: int
    codes: tuple[str, ...] = ()
    words: str = ""
    quotas: tuple[str, ...] = ()
    retry_after: float | None = None
    param: str = ""

    def says(self, *codes: str) -> bool:
        return not set(codes).isdisjoint(self.codes)


def unsent(error: HttpError) -> WriterError:
    """The fault of a call that brought no answer."""
    if isinstance(error, HttpTooLarge):
        return BadAnswer("answered with more than may be read")
    if isinstance(error, HttpInvalid):
        answered = str(error).startswith("answered")
        return WriterUnavailable(str(error)) if answered else WriterRefused(str(error))
    return WriterUnavailable(str(error), is_free=str(error) in UNSENT)


def read(content: bytes) -> Any:
    """The body's JSON, of an array its first item; None for anything else."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data[0] if isinstance(data, list) and data else data


def complaint(response: Response, data: Any, secret: str = "") -> Complaint | None:
    """The error in an answer, in a 200 too; None when there is none.

    A code that is part of the `secret`, or holds it, is no code.
    """
    error = data.get("error") if isinstance(data, dict) else None
    if response.status == 200 and not error:
        return None
    wait = _header_wait(response.headers)
    if not isinstance(error, dict):
        words = error if isinstance(error, str) else ""
        return Complaint(_inner_status(response.status, ()), words=words, retry_after=wait)
    details = [item for item in loose.items(error.get("details")) if isinstance(item, dict)]
    codes = tuple(code for code in _codes(error, details) if not _shares(code, secret))
    quotas = tuple(_quotas(details))
    waits = [_seconds(item.get("retryDelay")) for item in details]
    return Complaint(
        _inner_status(response.status, (error.get("code"), *codes)),
        codes,
        f"{error.get('message')} {loose.fields(error.get('metadata')).get('raw')}",
        quotas,
        next((item for item in waits if item is not None), wait),
        str(error.get("param")),
    )


def fault(found: Complaint, model: str) -> WriterError:
    """What to do about it, by the retry table: which child of WriterError it is."""
    status, code = found.status, f" ({', '.join(found.codes)})" if found.codes else ""
    if status == 402 or found.says(*UNPAID):
        return WriterExhausted(f"has no balance left, status {status}{code}")
    if status == 429:
        return _limit(found, code)
    if status >= 500 or status in PASSING:
        reason = f"answered with status {status}{code}"
        return WriterUnavailable(reason, found.retry_after, is_free=True)
    if 300 <= status < 400:
        return WriterRefused(f"redirects elsewhere, status {status}: check its base address")
    if status in {401, 403} or found.says(*KEY_CODES):
        return WriterRefused(f"refuses the key, status {status}{code}")
    if status == 404:
        return WriterRefused(f"does not know the model {model} at its address, status 404{code}")
    return WriterRefused(f"refuses the request, status {status}{code}")


def _limit(found: Complaint, code: str) -> WriterError:
    """A day's quota says "retry in 58s" too: what it is stands in its name."""
    daily = any(PER_DAY.search(text) for text in (found.words, *found.quotas))
    if daily or NO_QUOTA.search(found.words):
        return WriterExhausted("has no quota left today, status 429", is_daily=True)
    reason = f"limits the calls per minute, status 429{code}"
    return WriterUnavailable(reason, found.retry_after, is_free=True)


def _inner_status(status: int, codes: tuple[Any, ...]) -> int:
    """The status of the answer, or what the error in a 200 says; 500 where it says nothing."""
    if status != 200:
        return status
    for code in codes:
        if isinstance(code, int) and 400 <= code < 600:
            return code
        if isinstance(code, str) and (code in STATUS_WORDS or re.fullmatch("[45][0-9]{2}", code)):
            return STATUS_WORDS.get(code) or int(code)
    return 500


def _codes(error: Mapping[str, Any], details: list[dict[str, Any]]) -> Iterator[str]:
    """What a program is meant to read: words of letters, each once."""
    given = [error.get("status"), error.get("code"), error.get("type")]
    given += [item.get("reason") for item in details]
    for code in dict.fromkeys(item for item in given if isinstance(item, str)):
        if CODE.fullmatch(code):
            yield code


def _shares(code: str, secret: str) -> bool:
    return bool(secret) and (secret in code or code in secret)


def _quotas(details: list[dict[str, Any]]) -> Iterator[str]:
    for item in details:
        for violation in loose.items(item.get("violations")):
            yield str(loose.fields(violation).get("quotaId"))


def _header_wait(headers: Mapping[str, str]) -> float | None:
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    return _seconds(headers.get("retry-after"))


def _seconds(value: Any) -> float | None:
    """`26s`, `26` or 26; the date form counts as not given."""
    found = SECONDS.fullmatch(str(value).strip())
    return float(found[1]) if found else None
