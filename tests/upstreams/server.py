"""The server: real sockets, threads, HTTP/1.1; scriptable per call, also from other processes.

Control addresses, for tests that start subprocesses:
`POST /_script {"name": "vietcap.quotes", "replies": [{"status": 403}], "always": false}`,
`POST /_scenario {"scenario": "down"}`, `POST /_reset`, `GET /_calls`, and `GET /_counts`, which
no reset touches.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from marketsite import clock
from tests.upstreams import (
    alternative_me,
    binance,
    cafef,
    coingecko,
    coinpaprika,
    dnse,
    feeds,
    gemini,
    kbs,
    openai,
    vietcap,
    vndirect,
)
from tests.upstreams.replies import Call, Endpoint, Reply, Stage, Upstream
from tests.upstreams.scenarios import SCENARIOS

# A new upstream is one file and one entry here.
UPSTREAMS: tuple[Upstream, ...] = (
    vietcap.UPSTREAM,
    vndirect.UPSTREAM,
    vndirect.CHART,
    kbs.UPSTREAM,
    dnse.UPSTREAM,
    cafef.UPSTREAM,
    binance.UPSTREAM,
    coingecko.UPSTREAM,
    coinpaprika.UPSTREAM,
    alternative_me.UPSTREAM,
    gemini.UPSTREAM,
    openai.UPSTREAM,
    feeds.UPSTREAM,
)
NAMES = frozenset(endpoint.name for upstream in UPSTREAMS for endpoint in upstream.endpoints)
LARGEST_REQUEST = 4_000_000


class Upstreams:
    """All upstreams on one port, from entering the context to leaving it.

    `url` serves every vendor; `environment` holds the settings that point a process here.
    """

    def __init__(
        self,
        scenario: str = "eod",
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = clock.now,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.log = log
        self.closing = threading.Event()
        self._now = now
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._counts: Counter[str] = Counter()
        self._scripts: dict[str, deque[Reply]] = {}
        self._always: dict[str, Reply] = {}
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Upstreams:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop, and drop the connections that clients keep open."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        named = {upstream.setting: f"{self.url}{upstream.prefix}" for upstream in UPSTREAMS}
        return named | feeds.environment(self.url)

    @property
    def scenario(self) -> str:
        return self._scenario

    @scenario.setter
    def scenario(self, name: str) -> None:
        if name not in SCENARIOS:
            raise ValueError(f"no scenario {name} (known: {', '.join(SCENARIOS)})")
        self._scenario = name

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first; control calls are not among them."""
        with self._lock:
            return list(self._calls)

    def calls_to(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == _known(name)]

    def script(self, name: str, *replies: Reply) -> None:
        """Queue replies for the next calls of an endpoint, one each."""
        with self._lock:
            self._scripts.setdefault(_known(name), deque()).extend(replies)

    def always(self, name: str, reply: Reply) -> None:
        """Answer every call of an endpoint so, once its queue is empty, until `reset`."""
        with self._lock:
            self._always[_known(name)] = reply

    def reset(self) -> None:
        """Forget calls and scripts; the scenario stays."""
        with self._lock:
            self._calls.clear()
            self._scripts.clear()
            self._always.clear()

    def reply(self, call: Call, upstream: Upstream, endpoint: Endpoint) -> Reply:
        """Record the call and choose its reply: queued, standing, or the scenario's."""
        with self._lock:
            self._calls.append(call)
            self._counts[call.name] += 1
            queue = self._scripts.get(endpoint.name)
            chosen = queue.popleft() if queue else self._always.get(endpoint.name, Reply())
        if not chosen.is_natural or chosen.cut:
            return chosen
        stage = Stage(self.scenario, self._now, chosen.pad)
        natural = upstream.failures.get(stage.scenario) or endpoint.answer(call, stage)
        status, headers, body = natural.content()
        headers |= chosen.headers
        return Reply(status, body, headers, delay=chosen.delay, drip=chosen.drip)

    def record(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            self._counts[call.name] += 1

    def control(self, path: str, body: Any) -> Any:
        """Do what a control request asks; raises ValueError, KeyError or TypeError."""
        if path == "/_script":
            replies = [Reply.from_json(item) for item in body["replies"]]
            if body.get("always"):
                self.always(body["name"], replies[-1])
            else:
                self.script(body["name"], *replies)
        elif path == "/_scenario":
            self.scenario = body["scenario"]
        elif path == "/_reset":
            self.reset()
        elif path == "/_calls":
            return [_shown(call) for call in self.calls]
        elif path == "/_counts":
            with self._lock:
                return dict(self._counts)
        else:
            raise KeyError(path)
        return {"scenario": self.scenario}


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"no endpoint {name} (known: {', '.join(sorted(NAMES))})")
    return name


def _shown(call: Call) -> dict[str, Any]:
    return {
        "name": call.name,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "headers": call.headers,
        "body": call.body.decode(errors="replace"),
    }


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], upstreams: Upstreams) -> None:
        self.upstreams = upstreams
        self._open: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._guard:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; all else is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """End the connections that clients keep open, and wait for their threads."""
        with self._guard:
            waiting = dict(self._open)
        for connection, thread in waiting.items():
            _drop(connection)
            thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: requests are recorded, and told to the owner's `log`."""

    def _serve(self) -> None:
        try:
            self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self) -> None:
        upstreams = self.server.upstreams
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST_REQUEST)
        body = self.rfile.read(length)
        if parts.path.startswith("/_"):
            self._control(parts.path, body)
            return
        name, found = "unknown", _find(self.command, parts.path)
        if found:
            name = found[1].name
        query, headers = dict(parse_qsl(parts.query)), dict(self.headers.items())
        call = Call(name, self.command, parts.path, query, headers, body)
        if found:
            reply = upstreams.reply(call, *found)
        else:
            upstreams.record(call)
            reply = Reply(status=404, body={"status": 404, "error": "Not Found"})
        self._send(reply, name)

    def _control(self, path: str, body: bytes) -> None:
        try:
            answer = self.server.upstreams.control(path, json.loads(body or b"{}"))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            self._send(Reply(status=400, body={"detail": str(error)}), "control")
        else:
            self._send(Reply(body=answer), "control")

    def _send(self, reply: Reply, name: str) -> None:
        upstreams = self.server.upstreams
        upstreams.closing.wait(reply.delay)
        status, headers, body = reply.content()
        if upstreams.log:
            upstreams.log(f"{self.command} {self.path} {name} {'cut' if reply.cut else status}")
        if not status or (reply.cut and not body):
            self._cut()
            return
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._send_body(body[: len(body) // 2] if reply.cut else body, reply.drip)
        if reply.cut:
            self._cut()

    def _send_body(self, body: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(body)
            return
        for byte in body:
            self.server.upstreams.closing.wait(drip)
            self.wfile.write(bytes([byte]))

    def _cut(self) -> None:
        self.close_connection = True
        _drop(self.connection)


def _find(method: str, path: str) -> tuple[Upstream, Endpoint] | None:
    for upstream in UPSTREAMS:
        for endpoint in upstream.endpoints:
            if method == endpoint.method and fnmatchcase(path, f"{upstream.prefix}{endpoint.path}"):
                return upstream, endpoint
    return None


def _drop(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was quicker
