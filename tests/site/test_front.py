"""The web process as it is started: pages by the front door, all else by the server behind it."""

from __future__ import annotations

import gzip
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from pytest_django import Settings

from marketsite.freshness import EXPIRED
from marketsite.front import Front
from marketsite.heads import SESSION, body_length, parse
from reports.models import Report
from tests.processes import Process, started, until
from tests.site.edge import make_report

PATH = "/reports/vn-index/"
HOST = b"Host: localhost\r\n"


Answer = tuple[int, dict[str, str], bytes]


class Reader:
    """A connection that sends bytes as they are and reads whole answers."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=40)
        self._bytes = b""

    def ask(self, *parts: bytes) -> Answer:
        for part in parts:
            self.sock.sendall(part)
        return self.answer(parts[0].startswith(b"HEAD"))

    def answer(self, is_head: bool = False) -> Answer:
        while b"\r\n\r\n" not in self._bytes:
            self._read_more()
        head, _, self._bytes = self._bytes.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        status = int(first.split()[1])
        if "transfer-encoding" in headers and not is_head:
            while not (b"\r\n" + self._bytes).endswith(b"\r\n0\r\n\r\n"):
                self._read_more()
            body, self._bytes = self._bytes, b""
            return status, headers, body
        length = 0 if is_head or status == 304 else int(headers["content-length"])
        while len(self._bytes) < length:
            self._read_more()
        body, self._bytes = self._bytes[:length], self._bytes[length:]
        return status, headers, body

    def _read_more(self) -> None:
        data = self.sock.recv(1_000_000)
        if not data:
            raise ConnectionError("closed")
        self._bytes += data


def get(path: str = PATH, more: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + path.encode() + b" HTTP/1.1\r\n" + HOST + more + b"\r\n"


@contextmanager
def web(environment: dict[str, str], folder: Path) -> Iterator[tuple[Process, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "marketsite.web"]
    with started(command, environment | {"PORT": str(port)}, folder) as process:
        until(lambda: _is_healthy(port))
        yield process, port


def _is_healthy(port: int) -> bool:
    try:
        return Reader(port).ask(get("/healthz"))[0] == 200
    except OSError:
        return False


def test_pages_come_from_the_front_and_everything_else_from_behind_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    make_report(html_content="<p>Thị trường</p>" * 100_000)
    with web(environment, tmp_path) as (process, port):
        _check_pages(port)
        _check_others(port)
        _check_changes(port)
        _check_slow_readers(port)
        _check_death(process, port)
        half = _half_a_form(port)
        process.send(signal.SIGTERM)
        assert process.wait() in {0, 1}
        until(lambda: not process.living())
        assert b"HTTP/1.1 2" not in _rest(half)
    assert "Traceback" not in process.err


def _check_pages(port: int) -> None:
    reader = Reader(port)
    until(lambda: "s-maxage" in reader.ask(get())[1]["cache-control"])
    first = reader.ask(get(more=b"Connection: keep-alive\r\nX-A: 1\r\n"))
    for encoding in (b"identity", b"gzip", b"br", b"zstd"):
        accepts = b"Accept-Encoding: " + encoding + b"\r\n"
        for _ in range(3):
            status, headers, body = reader.ask(get(more=accepts))
            assert (status, headers["content-length"]) == (200, str(len(body)))
        if encoding == b"gzip":
            assert gzip.decompress(body) == first[2]
        assert headers.get("content-encoding", "identity") == encoding.decode()
        assert headers["date"]
        told = {name: value for name, value in headers.items() if name not in OWN}
        assert told == {name: value for name, value in first[1].items() if name not in OWN}
        head = reader.ask(get(more=accepts, method=b"HEAD"))
        assert head == (200, {**headers, "date": head[1]["date"]}, b"")
        known = b"If-None-Match: " + headers["etag"].encode() + b"\r\n"
        status, again, body = reader.ask(get(more=accepts + known))
        assert (status, body, again["etag"]) == (304, b"", headers["etag"])


OWN = {"content-length", "content-encoding", "etag", "date"}


def _check_others(port: int) -> None:
    """One connection after the other, and all on one where that is possible."""
    reader = Reader(port)
    css = re.findall(r'href="(/static/css/site[^"]+)"', reader.ask(get())[2].decode())[0]
    expected = {
        css: 200,
        "/healthz": 200,
        "/reports/none/": 404,
        f"{PATH}?a=b": 200,
        "/reports": 301,
    }
    for _ in range(2):
        for path, status in expected.items():
            assert reader.ask(get(path))[0] == status, path
        assert reader.ask(get())[0] == 200
    assert Reader(port).ask(get().replace(b"localhost", b"evil.example"))[0] == 400
    assert Reader(port).ask(get()[:20], get()[20:])[0] == 200
    two = Reader(port)
    two.sock.sendall(get() + get("/healthz"))
    assert [two.answer()[0], two.answer()[0]] == [200, 200]
    posted = b"username=a&password=b"
    length = f"Content-Length: {len(posted)}\r\n".encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    assert Reader(port).ask(get("/admin/login/", form + length, b"POST"), posted)[0] == 403
    chunked = get("/admin/login/", form + b"Transfer-Encoding: chunked\r\n", b"POST")
    assert Reader(port).ask(chunked, b"3\r\na=b\r\n0\r\n\r\n")[0] == 403
    last = Reader(port)
    assert last.ask(get(more=b"Connection: close\r\n"))[0] == 200
    assert last.sock.recv(10) == b""
    for nonsense in (
        b"\x16\x03\x01\x00\xee\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    ):
        odd = Reader(port)
        odd.sock.sendall(nonsense)
        assert odd.sock.recv(4096)[:12] in {b"HTTP/1.1 400", b""}
    assert Reader(port).ask(get())[0] == 200


def _check_changes(port: int) -> None:
    reader = Reader(port)
    for number in range(5):
        Report.objects.update(title=f"số {number}")
        until(lambda: f"số {number}" in reader.ask(get())[2].decode())  # noqa: B023
    Report.objects.update(status=Report.Status.ARCHIVED)
    until(lambda: reader.ask(get())[0] == 404)
    Report.objects.update(status=Report.Status.PUBLISHED)
    until(lambda: reader.ask(get())[0] == 200)


def _check_slow_readers(port: int) -> None:
    slow = [Reader(port) for _ in range(4)]
    whole = Reader(port).ask(get())[2]
    for reader in slow:
        for _ in range(3):  # more than fits on its way
            reader.sock.sendall(get())
    assert Reader(port).ask(get())[0] == 200
    for reader in slow:
        assert all(reader.answer()[2] == whole for _ in range(3))


def _check_death(process: Process, port: int) -> None:
    """A worker that dies is made anew; what is in memory is answered meanwhile."""
    reader = Reader(port)
    until(lambda: reader.ask(get())[0] == 200)
    children = psutil.Process(process.popen.pid).children()
    (worker,) = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    worker.kill()
    worker.wait()
    assert reader.ask(get())[0] == 200
    until(lambda: _is_healthy(port))


def _half_a_form(port: int) -> Reader:
    """A request whose view waits for the rest of its body, and which must not keep it running."""
    cookie = b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n"
    reader = Reader(port)
    reader.sock.sendall(get("/admin/login/", cookie + form, b"POST") + b"username=a")
    return reader


def _rest(reader: Reader) -> bytes:
    """What still comes, to the end of the connection: nothing, or that the body was cut short."""
    return b"".join(iter(lambda: reader.sock.recv(65_536), b""))


@pytest.mark.parametrize(
    "data",
    [
        get().replace(b"\r\n\r\n", b"\r\n"),
        get() + b"x",
        get() + get(),
        get().replace(b"\r\n", b"\n"),
        get(more=b"Content-Length: 0\r\n"),
        get(more=b"Transfer-Encoding: chunked\r\n"),
        get(more=b"transfer-encoding : chunked\r\n"),
        get(more=b"Content_Length: 5\r\n"),
        get(more=b"A: b\r\n c\r\n"),
        get(more=b"A: b\rTransfer-Encoding: chunked\r\n"),
        get(more=b"A: \x00\r\n"),
        get(more=b"Expect: 100-continue\r\n"),
        get(more=b"Upgrade: h2c\r\n"),
        get(more=b"Connection: upgrade\r\n"),
        get(more=HOST),
        get(more=b"If-None-Match: a\r\nIf-None-Match: b\r\n"),
        get(more=b"X-Edge-Fill: x\r\n"),
        get(method=b"POST"),
        get().replace(b"HTTP/1.1", b"HTTP/1.0"),
        get().replace(HOST, b""),
        get(PATH + "x" * 9000),
        b"GET http://localhost/ HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
)
def test_what_is_not_plainly_one_request_without_a_body_is_not_read(data: bytes) -> None:
    assert parse(data) is None


def test_only_plain_addresses_are_answered_from_memory() -> None:
    for data in (
        get("/%72eports/"),
        get("/?a"),
        get("/a;b"),
        get(more=b"Cookie: a=b; sessionid=c\r\n"),
        get(more=b"Connection: close\r\n"),
        get(more=b"Accept-Encoding: zstd\r\n"),
        get(more=b"X-Forwarded-Proto: https, http\r\n"),
        get().replace(HOST, b"Host: a_b\r\n"),
        get().replace(HOST, b"Host: localhost:80x\r\n"),
    ):
        head = parse(data)
        assert head is not None
        assert head.key == ""
    head = parse(get(more=b"Cookie: a=b\r\nX-Forwarded-Proto: https\r\nAccept-Encoding: gzip\r\n"))
    assert head is not None
    assert (head.key, head.encoding) == (f"https localhost {PATH}", "gzip")


@pytest.mark.parametrize("host", [b"localhost:8000", b"LOCALHOST", b"localhost:1", b"localhost"])
def test_no_port_makes_another_page_of_it(host: bytes) -> None:
    """A stranger may write any port: each would take room, and a request to the site behind."""
    head = parse(get().replace(HOST, b"Host: " + host + b"\r\n"))
    assert head is not None
    assert (head.key, head.host) == (f" localhost {PATH}", host.decode())


def test_the_front_knows_the_cookie_that_django_sets(settings: Settings) -> None:
    assert f"{settings.SESSION_COOKIE_NAME}=".encode() == SESSION


def test_the_end_of_an_answer_is_known_when_it_is_plain() -> None:
    ok = b"HTTP/1.1 200 OK\r\ncontent-length: 12"
    assert body_length(ok, is_head=False) == 12
    assert body_length(ok, is_head=True) == 0
    assert body_length(b"HTTP/1.1 304 Not Modified\r\nX: y", is_head=False) == 0
    for head in (
        b"HTTP/1.1 200 OK\r\nX: y",
        b"HTTP/1.1 200 OK\r\ncontent-length: +1",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close",
        b"HTTP/1.1 100 Continue\r\ncontent-length: 1",
        b"HTTP/1.0 200 OK\r\ncontent-length: 1",
    ):
        assert body_length(head, is_head=False) is None


@pytest.mark.parametrize(
    "asked", [get(), b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 40\r\n\r\n"]
)
def test_a_request_that_finds_no_room_behind_ends_its_connection(
    asked: bytes, tmp_path: Path
) -> None:
    """Left open, what came next of it, as a form's body, would be read as a request."""
    server, listener = socket.socket(socket.AF_UNIX), socket.socket()
    server.bind(str(tmp_path / "web.sock"))
    server.listen(0)
    listener.bind(("127.0.0.1", 0))
    fresh: Any = SimpleNamespace(leases=[EXPIRED, EXPIRED], start=lambda: None)
    front = Front(listener, server.getsockname(), "", fresh, 0)
    thread = Thread(target=front.run)
    thread.start()
    until(lambda: front._listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    others = []
    while not others or others[-1].connect_ex(server.getsockname()) == 0:
        others.append(socket.socket(socket.AF_UNIX))
        others[-1].setblocking(False)
    reader = Reader(listener.getsockname()[1])
    assert reader.ask(asked)[0] == 503
    assert reader.sock.recv(1) == b""
    front.stop()
    thread.join()
    for other in [server, *others]:
        other.close()
