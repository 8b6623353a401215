"""`python -m marketsite.front`: the web process, with public pages answered by the front door.

Granian serves the site on a socket of its own, in worker processes. Its parent process, which has
nothing else to do, holds the port: one thread that answers a request for a page in memory with one
system call, and hands everything else on to granian. It understands nothing but plain requests
without a body (`marketsite.heads`); of any other it passes on the bytes, both ways, until the end.
A page is only sent while its version is current (`marketsite.freshness`).
"""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import select
import socket
import time
from collections.abc import Callable
from enum import IntEnum

from marketsite.fills import Filler, FrontPage, Ready
from marketsite.freshness import Freshness
from marketsite.heads import Head, body_length, parse

logger = logging.getLogger(__name__)

READ = 65_536
BACKLOG = 1024
MOST_CONNECTIONS = 4096
MOST_PLANS = 2048  # request heads that were read before
LONGEST_PLAN = 2048
MOST_COLD = 2048
COLD_SECONDS = 1.0  # for how long nobody asks again whether a page may be kept
MOST_IDLE_SERVERS = 8
SWEEP_SECONDS = 5.0
START_POLL_SECONDS = 0.05
IN, OUT, GONE = select.EPOLLIN, select.EPOLLOUT, -1
NOTHING = memoryview(b"")
UNAVAILABLE = (  # while the server behind starts
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


class State(IntEnum):
    """What a connection waits for."""

    REQUEST = 0  # a reader's next one
    PAGE = 1  # to come into memory
    ANSWER = 2  # the server's, to the one request that it got
    TUNNEL = 3  # bytes of either side, until the end
    IDLE = 4  # a connection to the server that nobody uses


PATIENCE = {
    State.REQUEST: 75.0,
    State.PAGE: 60.0,
    State.ANSWER: 120.0,
    State.TUNNEL: 300.0,
    State.IDLE: 30.0,
}


class Connection:
    """A socket in the loop; `peer` is the other side of an answer or a tunnel."""

    __slots__ = (
        "buffer", "ended", "events", "fd", "file", "head", "is_server", "left", "peer", "pending",
        "recv", "request", "reused", "seen", "send", "sock", "state",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, state: State) -> None:
        self.sock, self.fd, self.state = sock, sock.fileno(), state
        self.recv, self.send = sock.recv, sock.send
        self.seen = time.monotonic()
        self.events = IN
        self.peer: Connection | None = None
        self.pending: memoryview | None = None
        self.file: tuple[Ready, int] | None = None  # what comes after it, from which byte on
        self.head: Head | None = None
        self.request = self.buffer = b""
        self.left = -1
        self.is_server = state is State.IDLE
        self.ended = self.reused = False


class Front:
    """The loop. `limit` bounds the pages in memory, in bytes."""

    def __init__(
        self, listener: socket.socket, server: str, token: str, freshness: Freshness, limit: int
    ) -> None:
        self._listener, self._server, self._limit = listener, server, limit
        self._freshness = freshness
        self._filler = Filler(server, token, freshness.leases, self._filled)
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._plans: dict[bytes, Head] = {}
        self._pages: dict[str, FrontPage] = {}
        self._cold: dict[str, float] = {}
        self._waiting: dict[str, list[Connection]] = {}
        self._servers: list[Connection] = []
        self._done: collections.deque[tuple[str, FrontPage | None]] = collections.deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._accepts = True
        self._stopping = False
        self._steps: dict[State, Callable[[Connection], None]] = {
            State.REQUEST: self._read_request,
            State.ANSWER: self._read_answer,
            State.TUNNEL: self._read_tunnel,
            State.IDLE: self._close,
        }

    def stop(self) -> None:
        self._stopping = True
        os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Answer until `stop`. Nobody is let in before the server behind can answer."""
        self._freshness.start()
        self._filler.start()
        while not self._stopping and not self._server_answers():
            time.sleep(START_POLL_SECONDS)
        self._listener.listen(BACKLOG)
        self._listener.setblocking(False)
        self._epoll.register(self._listener.fileno(), IN)
        self._epoll.register(self._wake, IN)
        swept = time.monotonic()
        while not self._stopping:
            for fd, event in self._epoll.poll(SWEEP_SECONDS):
                connection = self._connections.get(fd)
                if connection is not None:
                    self._step(connection, event)
                elif fd == self._wake:
                    self._take_pages()
                elif fd == self._listener.fileno():
                    self._accept()
            if time.monotonic() - swept > SWEEP_SECONDS:
                self._sweep()
                swept = time.monotonic()
        for connection in list(self._connections.values()):
            self._close(connection)
        self._listener.close()
        self._epoll.close()

    def _server_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self._server) == 0

    def _step(self, connection: Connection, event: int) -> None:
        try:
            if event & OUT:
                self._flush(connection)
            if event & IN:
                self._steps[connection.state](connection)
            elif not event & OUT:
                self._close(connection)
        except BlockingIOError:
            pass
        except OSError:
            self._close(connection)

    def _accept(self) -> None:
        for _ in range(64):
            try:
                sock, _address = self._listener.accept()
            except OSError:  # none left, or it went away again
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._add(Connection(sock, State.REQUEST))
            if len(self._connections) >= MOST_CONNECTIONS:
                self._epoll.modify(self._listener.fileno(), 0)
                self._accepts = False
                return

    def _add(self, connection: Connection) -> None:
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, IN)

    def _watch(self, connection: Connection | None) -> None:
        """Ask the system for what the connection and its peer can go on with."""
        if connection is None or connection.fd not in self._connections:
            return
        events = OUT if connection.pending is not None else 0
        peer = connection.peer
        match connection.state:
            case State.REQUEST:
                events = events or IN  # the next request is read when the answer has gone
            case State.IDLE:
                events = IN
            case State.ANSWER if connection.is_server and (peer is None or peer.pending is None):
                events |= IN
            case State.TUNNEL if not connection.ended and (peer is None or peer.pending is None):
                events |= IN
        if events == connection.events:
            return
        if not events and connection.ended:  # else the system would tell of its end for ever
            self._epoll.unregister(connection.fd)
            events = GONE
        elif connection.events == GONE:
            self._epoll.register(connection.fd, events)
        else:
            self._epoll.modify(connection.fd, events)
        connection.events = events

    def _close(self, connection: Connection) -> None:
        """Close it and whoever depends on it."""
        if self._connections.pop(connection.fd, None) is None:
            return
        connection.sock.close()
        peer, connection.peer = connection.peer, None
        if peer is not None:
            peer.peer = None
            self._close(peer)
        if connection.state is State.IDLE:
            self._servers.remove(connection)
        if not self._accepts and len(self._connections) < MOST_CONNECTIONS * 0.9:
            self._epoll.modify(self._listener.fileno(), IN)
            self._accepts = True

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections.values()):
            if now - connection.seen > PATIENCE[connection.state]:
                self._close(connection)

    # A request

    def _read_request(self, connection: Connection) -> None:
        data = connection.recv(READ)
        if not data:
            self._close(connection)
            return
        head = self._plans.get(data)
        if head is None:
            head = self._plan(data)
            if head is None:
                self._open_tunnel(connection, data)
                return
        now = connection.seen = time.monotonic()
        if head.key and (page := self._pages.get(head.key)) is not None:
            lease = self._freshness.leases[page.group]
            if page.version is lease.version and now < lease.until and now < page.expires:
                page.used = now
                self._send(connection, *page.answer(head, int(time.time())))
                return
        connection.head, connection.request = head, data
        if head.key and self._may_become_ready(head, now):
            self._wait_for_page(connection)
        else:
            self._ask_server(connection)

    def _plan(self, data: bytes) -> Head | None:
        head = parse(data)
        if head is not None and head.key and len(data) <= LONGEST_PLAN:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[data] = head
        return head

    def _send(self, to: Connection, data: bytes, file: Ready | None = None) -> None:
        """Send what goes at once, and the rest when it can."""
        try:
            sent = to.send(data, socket.MSG_MORE) if file else to.send(data)
        except BlockingIOError:
            sent = 0
        to.file = (file, 0) if file else None
        if sent < len(data):
            to.pending = memoryview(data)[sent:]
        elif file:
            self._send_file(to)
        if to.pending is not None:
            self._watch(to)
            self._watch(to.peer)

    def _send_file(self, to: Connection) -> None:
        """Send what goes of the file; something is pending until all has gone."""
        if to.file is None:
            return
        ready, at = to.file
        with contextlib.suppress(BlockingIOError):
            if ready.file:
                at += os.sendfile(to.fd, ready.file.fileno(), at, ready.size - at)
        done = at >= ready.size
        to.file = None if done else (ready, at)
        to.pending = None if done else NOTHING

    def _flush(self, connection: Connection) -> None:
        """Send more to a slow reader, and go on once he has it all."""
        rest = connection.pending
        if rest is not None:
            sent = connection.send(rest)
            connection.seen = time.monotonic()
            connection.pending = rest[sent:] if sent < len(rest) else None
            if connection.pending is None:
                self._send_file(connection)
        if connection.pending is None:
            peer = connection.peer
            if peer is not None and peer.ended:
                self._end(connection)
            self._watch(connection)
            self._watch(peer)

    # Pages

    def _may_become_ready(self, head: Head, now: float) -> bool:
        """Whether to ask for the page: not while Redis or PostgreSQL is silent, nor for what was
        not to be kept a moment ago.
        """
        if all(now >= lease.until for lease in self._freshness.leases):
            return False
        return now >= self._cold.get(head.key, 0.0)

    def _wait_for_page(self, connection: Connection) -> None:
        head = connection.head
        assert head is not None  # noqa: S101 (set by who calls)
        connection.state = State.PAGE
        self._watch(connection)
        waiting = self._waiting.get(head.key)
        if waiting is None:
            self._waiting[head.key] = [connection]
            self._filler.ask(head)
        else:
            waiting.append(connection)

    def _filled(self, key: str, page: FrontPage | None) -> None:
        """In a filler's thread."""
        self._done.append((key, page))
        os.eventfd_write(self._wake, 1)

    def _take_pages(self) -> None:
        os.eventfd_read(self._wake)
        while self._done:
            key, page = self._done.popleft()
            if page is None:
                self._pages.pop(key, None)
                if len(self._cold) >= MOST_COLD:
                    self._cold.clear()
                self._cold[key] = time.monotonic() + COLD_SECONDS
            else:
                self._keep(key, page)
            for connection in self._waiting.pop(key, ()):
                if self._connections.get(connection.fd) is connection:
                    self._serve(connection, page)

    def _serve(self, connection: Connection, page: FrontPage | None) -> None:
        """Go on with who waited for a page, which may not have come."""
        connection.state = State.REQUEST
        head = connection.head
        try:
            if page is None or head is None:
                self._ask_server(connection)
                return
            self._watch(connection)
            self._send(connection, *page.answer(head, int(time.time())))
        except OSError:
            self._close(connection)

    def _keep(self, key: str, page: FrontPage) -> None:
        page.used = time.monotonic()
        self._pages[key] = page
        size = sum(kept.size for kept in self._pages.values())
        if size > self._limit:
            for old, kept in sorted(self._pages.items(), key=lambda item: item[1].used):
                if size <= self._limit * 0.9:
                    return
                del self._pages[old]
                size -= kept.size

    # The server behind

    def _connect(self) -> Connection:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(1.0)
        try:
            sock.connect(self._server)
        except OSError:
            sock.close()
            raise
        sock.setblocking(False)
        server = Connection(sock, State.IDLE)
        self._add(server)
        return server

    def _ask_server(self, connection: Connection, fresh: bool = False) -> None:
        """Hand on one request, and read its answer to know where it ends."""
        reused = bool(self._servers) and not fresh
        try:
            server = self._servers.pop() if reused else self._connect()
        except OSError:
            self._refuse(connection)
            return
        server.state, server.reused, server.left, server.buffer = State.ANSWER, reused, -1, b""
        server.peer, connection.peer = connection, server
        server.seen = time.monotonic()
        connection.state = State.ANSWER
        self._watch(connection)
        self._watch(server)
        try:
            self._send(server, connection.request)
        except OSError:
            self._retry(server)

    def _retry(self, server: Connection) -> None:
        """Ask once more on a new connection where an idle one turns out to be closed."""
        reader, unanswered = server.peer, not server.buffer and server.left < 0
        if reader is not None and unanswered:
            server.peer = reader.peer = None
        self._close(server)
        if reader is None or not unanswered:
            return
        if server.reused:
            self._ask_server(reader, fresh=True)
        else:
            self._refuse(reader)

    def _refuse(self, reader: Connection) -> None:
        reader.sock.send(UNAVAILABLE)
        self._close(reader)

    def _read_answer(self, server: Connection) -> None:
        reader = server.peer
        if reader is None or reader.peer is not server:
            self._close(server)
            return
        try:
            data = server.recv(READ)
        except ConnectionError:
            data = b""
        if not data:
            self._retry(server)
            return
        server.seen = reader.seen = time.monotonic()
        if server.left < 0:
            data = server.buffer = server.buffer + data
            end = data.find(b"\r\n\r\n")
            if end < 0 and len(data) < READ:
                return
            assert reader.head is not None  # noqa: S101 (set before it was asked)
            length = body_length(data[:end], reader.head.is_head) if end >= 0 else None
            if length is None:
                self._become_tunnel(reader, server, data)
                return
            server.left = end + 4 + length
        server.left -= len(data)
        if server.left < 0:
            self._close(server)
            return
        if server.left == 0:
            reader.peer, reader.state = None, State.REQUEST
            self._release(server)
            self._watch(reader)
        self._send(reader, data)

    def _release(self, server: Connection) -> None:
        server.peer = None
        if len(self._servers) < MOST_IDLE_SERVERS:
            server.state = State.IDLE
            self._watch(server)
            self._servers.append(server)
        else:
            self._close(server)

    # Tunnels

    def _open_tunnel(self, reader: Connection, data: bytes) -> None:
        server = self._connect()
        server.peer, reader.peer = reader, server
        server.state = reader.state = State.TUNNEL
        self._send(server, data)

    def _become_tunnel(self, reader: Connection, server: Connection, data: bytes) -> None:
        server.state = reader.state = State.TUNNEL
        server.buffer = b""
        self._watch(reader)
        self._send(reader, data)

    def _read_tunnel(self, side: Connection) -> None:
        other = side.peer
        if other is None:
            self._close(side)
            return
        data = side.recv(READ)
        side.seen = other.seen = time.monotonic()
        if data:
            self._send(other, data)
            return
        side.ended = True
        self._watch(side)
        if other.pending is None:
            self._end(other)

    def _end(self, other: Connection) -> None:
        """Tell one side that the other has nothing more to say; over when both have said so."""
        if other.ended:
            self._close(other)
        else:
            other.sock.shutdown(socket.SHUT_WR)
