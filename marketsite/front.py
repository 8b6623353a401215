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
import errno
import logging
import os
import select
import socket
import time
from collections.abc import Callable

from marketsite.connections import GONE, IN, OUT, Connection, State, longest_idle, slowest
from marketsite.fills import Filler, FrontPage, MemoryFile
from marketsite.freshness import Freshness
from marketsite.heads import Head, body_length, parse

logger = logging.getLogger(__name__)

READ = 65_536
BACKLOG = 1024
MOST_CONNECTIONS = 4096
MOST_PLANS = 2048  # request heads that were read before
LONGEST_PLAN = 2048
MOST_COLD = 2048
MOST_WAITED_FOR = 64  # pages at a time; what nobody has ever asked for must not hold up the others
COLD_SECONDS = 1.0  # for how long nobody asks again whether a page may be kept
MOST_IDLE_SERVERS = 8
SWEEP_SECONDS = 5.0
START_POLL_SECONDS = 0.05
DRAIN_SECONDS = 3.0  # for answers that have begun when it is to stop
FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
NOTHING = memoryview(b"")
UNAVAILABLE = (  # while the server behind starts
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


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
        self._swept = time.monotonic()
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
        while not self._stopping:
            self._turn(SWEEP_SECONDS)
        self._drain()
        for connection in list(self._connections.values()):
            self._close(connection)
        self._epoll.close()

    def _turn(self, seconds: float) -> None:
        for fd, event in self._epoll.poll(seconds):
            connection = self._connections.get(fd)
            if connection is not None:
                self._step(connection, event)
            elif fd == self._wake:
                self._take_pages()
            elif fd == self._listener.fileno():
                self._accept()
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._sweep()

    def _drain(self) -> None:
        """Let nobody in any more, and what was begun come to its end."""
        self._listener.close()
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until:
            self._turn(START_POLL_SECONDS)
            if not any(connection.is_busy() for connection in self._connections.values()):
                return

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
            except OSError as error:  # none left, or it went away again
                if error.errno in FULL:  # it waits until something is closed: else we would spin
                    self._admit(False)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._add(Connection(sock, State.REQUEST))
            if len(self._connections) >= MOST_CONNECTIONS:
                self._make_room()
            if len(self._connections) >= MOST_CONNECTIONS:
                self._admit(False)
                return

    def _make_room(self) -> None:
        """Close a tenth of those who had their answer, the longest idle first. A browser opens
        another connection for its next question; one that finds no room waits for seconds.
        """
        for connection in longest_idle(self._connections.values(), MOST_CONNECTIONS // 10 + 1):
            self._close(connection)

    def _admit(self, accepts: bool) -> None:
        if not self._stopping and accepts is not self._accepts:
            self._epoll.modify(self._listener.fileno(), IN if accepts else 0)
            self._accepts = accepts

    def _add(self, connection: Connection) -> None:
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, IN)

    def _watch(self, connection: Connection | None) -> None:
        """Ask the system for what the connection and its peer can go on with."""
        if connection is None or connection.fd not in self._connections:
            return
        events = connection.wanted()
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
        if self._connections.get(connection.fd) is not connection:  # its number may have gone on
            return
        del self._connections[connection.fd]
        connection.sock.close()
        peer, connection.peer = connection.peer, None
        if peer is not None:
            peer.peer = None
            self._close(peer)
        if connection.state is State.IDLE:
            self._servers.remove(connection)
        if len(self._connections) < MOST_CONNECTIONS * 0.9:
            self._admit(True)

    def _sweep(self) -> None:
        now = self._swept = time.monotonic()
        hurries = not self._accepts
        everybody = self._connections.values()
        late = [connection for connection in everybody if connection.is_late(now, hurries)]
        for connection in [*late, *slowest(everybody, self._limit)]:
            self._close(connection)
        if len(self._connections) < MOST_CONNECTIONS:  # files may have run out, and come back
            self._admit(True)

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
        connection.reused = True
        page = self._pages.get(head.key) if head.key else None
        if page is not None and self._is_current(page, now):
            page.used = now
            self._answer(connection, page.answer(head, int(time.time())))
            return
        connection.head, connection.request = head, data
        if head.key and self._may_become_ready(head, now):
            self._wait_for_page(connection)
        else:
            self._ask_server(connection)

    def _is_current(self, page: FrontPage, now: float) -> bool:
        lease = self._freshness.leases[page.group]
        return page.version is lease.version and now < lease.until and now < page.expires

    def _plan(self, data: bytes) -> Head | None:
        head = parse(data)
        if head is not None and head.key and len(data) <= LONGEST_PLAN:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[data] = head
        return head

    def _send(self, to: Connection, data: bytes) -> None:
        """Send what goes at once, and the rest when it can."""
        try:
            sent = to.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            to.pending = memoryview(data)[sent:]
            self._watch(to)
            self._watch(to.peer)

    def _answer(self, to: Connection, data: bytes | MemoryFile) -> None:
        """`_send`, also of a file in memory."""
        if isinstance(data, bytes):
            self._send(to, data)
            return
        try:
            sent = os.sendfile(to.fd, data.fd, 0, data.size)
        except BlockingIOError:
            sent = 0
        if sent < data.size:
            to.file, to.sent, to.pending = data, sent, NOTHING
            self._watch(to)

    def _flush(self, connection: Connection) -> None:
        """Send more to a slow reader, and go on once he has it all."""
        rest, file = connection.pending, connection.file
        if file is not None:
            connection.sent += os.sendfile(
                connection.fd, file.fd, connection.sent, file.size - connection.sent
            )
            if connection.sent >= file.size:
                connection.file = connection.pending = None
        elif rest is not None:
            sent = connection.send(rest)
            connection.pending = rest[sent:] if sent < len(rest) else None
        connection.seen = time.monotonic()
        if connection.pending is None:
            peer = connection.peer
            if peer is not None and peer.ended:
                self._end(connection)
            self._watch(connection)
            self._watch(peer)

    # Pages

    def _may_become_ready(self, head: Head, now: float) -> bool:
        """Whether to ask for the page: not while Redis or PostgreSQL is silent, nor for what was
        not to be kept a moment ago, nor behind many others.
        """
        if all(now >= lease.until for lease in self._freshness.leases):
            return False
        if len(self._waiting) >= MOST_WAITED_FOR and head.key not in self._waiting:
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
        """Go on with who waited for a page, which may not have come, or have been asked for before
        he came and not be the current one any more.
        """
        connection.state = State.REQUEST
        head = connection.head
        try:
            if page is None or head is None or not self._is_for(connection, page):
                self._ask_server(connection)
                return
            self._watch(connection)
            self._answer(connection, page.answer(head, int(time.time())))
        except OSError:
            self._close(connection)

    def _is_for(self, connection: Connection, page: FrontPage) -> bool:
        return connection.seen <= page.asked or self._is_current(page, time.monotonic())

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
        """Say so and close, in any case: what it sends next would be read as another request."""
        with contextlib.suppress(OSError):
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
        try:
            server = self._connect()
        except OSError:  # it has more connections than it takes
            self._refuse(reader)
            return
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
        if side.is_server:
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
