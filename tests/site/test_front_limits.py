"""The front's loop before a server that the test plays: what it bounds, and how it ends."""

from __future__ import annotations

import errno
import resource
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from marketsite import connections as connections_module
from marketsite import front as module
from marketsite.connections import PATIENCE, State
from marketsite.fills import FILE_BYTES, Ready
from marketsite.freshness import SITE, Lease, Version
from marketsite.front import Front
from marketsite.variants import Page, packed, variants_of
from tests.processes import until
from tests.site.test_front import HOST, PATH, Reader, get

FOREVER = float("inf")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class Listener(socket.socket):
    """A socket that may have run out of open files."""

    refused = 0
    is_full = False

    def accept(self) -> Any:
        if self.is_full:
            self.refused += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@dataclass(slots=True)
class Running:
    front: Front
    thread: Thread
    listener: Listener
    server: socket.socket
    leases: list[Lease]
    opened: list[socket.socket] = field(default_factory=list)

    def reader(self) -> Reader:
        reader = Reader(self.listener.getsockname()[1])
        self.opened.append(reader.sock)
        return reader

    def asked(self) -> tuple[socket.socket, bytes]:
        """The next request that comes to the server, and the connection to answer it on."""
        while True:
            sock, _ = self.server.accept()
            self.opened.append(sock)
            sock.settimeout(40)
            if data := sock.recv(65_536):  # not the front's look whether somebody is there
                return sock, data


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.02)
    server, listener = socket.socket(socket.AF_UNIX), Listener()
    server.bind(str(tmp_path / "web.sock"))
    server.listen()
    server.settimeout(40)
    listener.bind(("127.0.0.1", 0))
    leases = [Lease(FOREVER, Version("s1")), Lease(FOREVER, Version("s1"))]
    fresh: Any = SimpleNamespace(leases=leases, start=lambda: None)
    front = Front(listener, server.getsockname(), "token", fresh, 1_000_000)
    thread = Thread(target=front.run)
    thread.start()
    until(lambda: listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    started = Running(front, thread, listener, server, leases)
    yield started
    for sock in [server, *started.opened]:
        sock.close()
    front.stop()
    thread.join()


def filled(version: str, text: bytes = b"made") -> bytes:
    headers = [("Content-Type", "text/plain")]
    page = Page(SITE, Version(version), 1e9, "x", headers, variants_of(headers, "x", text))
    body = b"".join(packed(page))
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def test_without_open_files_the_front_waits_for_some_and_does_not_spin(running: Running) -> None:
    running.listener.is_full = True
    reader = running.reader()
    until(lambda: running.listener.refused and not running.front._accepts)
    running.listener.is_full = False
    reader.sock.sendall(get("/healthz?a"))
    server, _ = running.asked()
    server.sendall(OK + b"again")
    assert reader.answer()[2] == b"again"


def test_a_reader_who_came_after_a_change_does_not_get_the_page_asked_for_before_it(
    running: Running,
) -> None:
    early, late = running.reader(), running.reader()
    early.sock.sendall(get())
    fill, asked = running.asked()
    assert asked.startswith(b"GET /.edge-fill" + PATH.encode())
    running.leases[SITE] = Lease(FOREVER, Version("s2"))
    late.sock.sendall(get())
    until(lambda: [len(some) for some in running.front._waiting.values()] == [2])
    fill.sendall(filled("s1"))
    assert early.answer()[2] == b"made"
    server, asked = running.asked()
    assert asked == get()
    server.sendall(OK + b"newer")
    assert late.answer()[2] == b"newer"


def test_who_waits_for_a_page_that_is_still_current_gets_it_too(running: Running) -> None:
    readers = [running.reader() for _ in range(3)]
    readers[0].sock.sendall(get())
    fill, _ = running.asked()
    for reader in readers[1:]:
        reader.sock.sendall(get())
    until(lambda: [len(some) for some in running.front._waiting.values()] == [3])
    fill.sendall(filled("s1"))
    assert [reader.answer()[2] for reader in readers] == [b"made"] * 3


def test_pages_that_are_waited_for_do_not_hold_up_all_others(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITED_FOR", 1)
    first, second = running.reader(), running.reader()
    first.sock.sendall(get())
    fill, _ = running.asked()
    second.sock.sendall(get("/about/"))
    server, asked = running.asked()
    assert asked == get("/about/")
    server.sendall(OK + b"about")
    assert second.answer()[2] == b"about"
    fill.sendall(filled("s1"))
    assert first.answer()[2] == b"made"


def test_a_reader_who_drips_bytes_is_not_waited_for(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE, State.TUNNEL, 0.2)
    reader = running.reader()
    reader.sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 999999\r\n\r\n")
    running.asked()

    def is_closed() -> bool:
        try:
            reader.sock.sendall(b"a")
        except OSError:
            return True
        return False

    until(is_closed)


def test_slow_readers_do_not_keep_old_pages_alive_beyond_the_memory_of_the_front(
    running: Running,
) -> None:
    text = b"m" * 16_000_000  # more than is on its way to a reader
    slow, slower = running.reader(), running.reader()
    for reader in (slow, slower):
        reader.sock.sendall(get())
        fill, _ = running.asked()
        fill.sendall(filled("s1", text))
        fill.close()
        until(lambda: reader.sock.recv(1, socket.MSG_PEEK))  # noqa: B023
    until(lambda: len(running.front._connections) == 1)  # who reads on at once is not slow
    got = bytearray()
    while data := slow.sock.recv(1_000_000):
        got += data
    assert len(got) < len(text)
    assert slower.answer()[2] == text


def test_a_file_that_the_system_has_no_room_for_is_answered_from_memory() -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    page = Ready("etag", b"HTTP/1.1 200 OK\r\n", b"", b"a" * 2 * FILE_BYTES)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, usual[1]))
    try:
        page.renew(0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert page.file is None
    assert page.answer.endswith(b"\r\n\r\n" + page.body)


def test_where_there_is_no_room_readers_without_a_request_make_some(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(connections_module, "HURRY_SECONDS", 0.0)
    idle = [running.reader() for _ in range(3)]
    assert [reader.sock.recv(1) for reader in idle] == [b""] * 3
    reader = running.reader()
    reader.sock.sendall(get("/healthz?a"))
    server, _ = running.asked()
    server.sendall(OK + b"there")
    assert reader.answer()[2] == b"there"


def test_where_there_is_no_room_readers_who_had_their_answer_make_some_at_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 4)
    monkeypatch.setattr(module, "SWEEP_SECONDS", 3600.0)
    first, second = running.reader(), running.reader()
    for reader in (first, second):
        reader.sock.sendall(get("/healthz?a"))
        server, _ = running.asked()
        server.sendall(OK + b"there")
        assert reader.answer()[2] == b"there"
        server.close()
    until(lambda: len(running.front._connections) == 2)
    waiting = [running.reader() for _ in range(3)]
    assert first.sock.recv(1) == b""
    waiting[-1].sock.sendall(get("/healthz?a"))
    server, _ = running.asked()
    server.sendall(OK + b"there")
    assert waiting[-1].answer()[2] == b"there"


@pytest.mark.parametrize(
    "request_", [get("/healthz?a"), b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n"]
)
def test_an_answer_that_has_begun_comes_to_its_end_before_the_front_does(
    running: Running, request_: bytes
) -> None:
    reader, idle = running.reader(), running.reader()
    reader.sock.sendall(request_)
    server, _ = running.asked()
    server.sendall(OK + b"he")
    until(lambda: reader.sock.recv(1, socket.MSG_PEEK))
    running.front.stop()
    until(lambda: running.listener.fileno() == -1)
    server.sendall(b"llo")
    server.close()
    assert reader.answer()[2] == b"hello"
    running.thread.join()
    assert idle.sock.recv(1) == b""
