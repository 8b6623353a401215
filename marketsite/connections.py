"""A connection of the front, and what it waits for."""

from __future__ import annotations

import heapq
import select
import socket
import time
from collections.abc import Iterable
from enum import IntEnum

from marketsite.fills import MemoryFile
from marketsite.heads import Head

IN, OUT, GONE = select.EPOLLIN, select.EPOLLOUT, -1
HURRY_SECONDS = 5.0  # what a connection without a request has when there is no room for others


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
    State.TUNNEL: 120.0,  # for the server to say something: a reader may drip bytes for ever
    State.IDLE: 30.0,
}


class Connection:
    """A socket in the loop; `peer` is the other side of an answer or a tunnel."""

    __slots__ = (
        "buffer", "ended", "events", "fd", "file", "head", "is_server", "left", "peer", "pending",
        "recv", "request", "reused", "seen", "send", "sent", "sock", "state",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, state: State) -> None:
        self.sock, self.fd, self.state = sock, sock.fileno(), state
        self.recv, self.send = sock.recv, sock.send
        self.seen = time.monotonic()
        self.events = IN
        self.peer: Connection | None = None
        self.pending: memoryview | None = None
        self.file: MemoryFile | None = None  # what is pending when it lies in one
        self.sent = 0  # of the file
        self.head: Head | None = None
        self.request = self.buffer = b""
        self.left = -1
        self.is_server = state is State.IDLE
        self.ended = self.reused = False

    def wanted(self) -> int:
        """The events that it and its peer can go on with."""
        events = OUT if self.pending is not None else 0
        heard = self.peer is None or self.peer.pending is None
        match self.state:
            case State.REQUEST:
                return events or IN  # the next request is read when the answer has gone
            case State.IDLE:
                return IN
            case State.ANSWER if self.is_server and heard:
                return events | IN
            case State.TUNNEL if not self.ended and heard:
                return events | IN
        return events

    def is_late(self, now: float, hurries: bool) -> bool:
        """Whether it waits for too long; an answer that nobody fetches counts as waiting too."""
        patience = PATIENCE[self.state]
        if hurries and self.state is State.REQUEST:
            patience = HURRY_SECONDS
        return now - self.seen > patience

    def is_busy(self) -> bool:
        """Whether there is an answer on its way, as far as is known."""
        asked = self.is_server and self.state in {State.ANSWER, State.TUNNEL}
        return self.pending is not None or (asked and not self.ended)


def slowest(connections: Iterable[Connection], most: int) -> list[Connection]:
    """Readers of the oldest files, where files hold more than `most` bytes: each second makes
    another of a page, which a reader who drips keeps alive. The newest stays, however large.
    """
    readers: dict[MemoryFile, list[Connection]] = {}
    for connection in connections:
        if connection.file is not None:
            readers.setdefault(connection.file, []).append(connection)
    size, slow = sum(file.size for file in readers), list[Connection]()
    for file in sorted(readers, key=lambda file: file.made)[:-1]:
        if size <= most:
            break
        size -= file.size
        slow += readers[file]
    return slow


def longest_idle(connections: Iterable[Connection], most: int) -> list[Connection]:
    """Readers who had an answer and ask nothing, those first who asked the longest ago."""
    idle = [
        connection
        for connection in connections
        if connection.state is State.REQUEST and connection.reused and not connection.is_busy()
    ]
    return heapq.nsmallest(most, idle, key=lambda connection: connection.seen)
