"""What a call is, what a reply is, and how one upstream describes itself to the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; `name` is the endpoint's, or "unknown"."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body, or None for one that is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Reply:
    """How to answer one call.

    `body` is sent as it is when it is text or bytes, else as JSON; `fixture` names a file below
    tests/fixtures, a wrapped one (`_http`) with its own status and headers. With neither, and
    status 200, the scenario answers, after `delay` seconds. `drip` is a pause in seconds before
    each byte of the body. `cut` drops the connection: halfway through a given body, else at once.
    `pad` makes a language model's own answer longer by so many characters.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fixture: str = ""
    delay: float = 0.0
    drip: float = 0.0
    cut: bool = False
    pad: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reply:
        """The reply that a control request describes; raises ValueError for an unknown field."""
        unknown = set(data) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"a reply has no {', '.join(sorted(unknown))}")
        return cls(**data)

    @property
    def is_natural(self) -> bool:
        """Whether the content is left to the scenario."""
        return self.status == 200 and self.body is None and not self.fixture

    def content(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body to send."""
        if not self.fixture:
            kind = "text/html" if isinstance(self.body, str) else "application/json"
            return self.status, {"Content-Type": kind, **self.headers}, _encoded(self.body)
        data = load(self.fixture)
        if not isinstance(data, dict) or "_http" not in data:
            text = (FIXTURES / self.fixture).read_bytes()
            return self.status, {"Content-Type": "application/json", **self.headers}, text
        wrapped = data["_http"]
        return wrapped["status"], {**wrapped["headers"], **self.headers}, _encoded(data["body"])


def _encoded(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def load(fixture: str) -> Any:
    """The parsed content of a file below tests/fixtures."""
    return json.loads((FIXTURES / fixture).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Stage:
    """What the server plays: a scenario's name, and the clock that generated numbers follow.

    `pad` is the reply's.
    """

    scenario: str
    now: Callable[[], datetime]
    pad: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of an upstream: `path` may hold `*` wildcards, `name` is "upstream.call"."""

    name: str
    method: str
    path: str
    answer: Callable[[Call, Stage], Reply]


@dataclass(frozen=True, slots=True)
class Upstream:
    """One vendor: its setting's name, its calls, and its answers when it is blocked or down.

    `prefix` keeps paths apart that two vendors share; it is part of the base address.
    """

    setting: str
    endpoints: tuple[Endpoint, ...]
    failures: Mapping[str, Reply]
    prefix: str = ""
