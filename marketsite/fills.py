"""Pages for the front's memory, fetched from the web process behind it."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from marketsite.freshness import Lease, Version
from marketsite.heads import Head
from marketsite.negotiation import IDENTITY, is_known

logger = logging.getLogger(__name__)

FILL = "/.edge-fill"
SECONDS = 15.0
FILE_BYTES = 16_384  # what is smaller goes as fast from memory, and takes no descriptor
THREADS = 2


class MemoryFile:
    """Bytes as a file of the system's memory, for as long as anybody holds it.

    Raises OSError when the system has no room for all of them.
    """

    __slots__ = ("_file", "fd", "made", "size")

    def __init__(self, *parts: bytes) -> None:
        data = b"".join(parts)
        self._file = os.fdopen(os.memfd_create("page"), "w+b", buffering=0)
        self.fd, self.size, self.made = self._file.fileno(), len(data), time.monotonic()
        if self._file.write(data) < self.size:  # a part alone: its reader would wait for the rest
            raise OSError(errno.ENOSPC, "no room for a page")


@dataclass(slots=True)
class Ready:
    """One encoding as the bytes that go out: with the date, made anew when the second turns.

    A large answer lies in a file of memory, whose pages the system sends without copying them;
    who is still fetching the one of an earlier second keeps that one.
    """

    etag: str
    full: bytes
    none: bytes
    body: bytes
    second: int = -1
    answer: bytes = b""
    file: MemoryFile | None = None
    head: bytes = b""
    not_modified: bytes = b""

    def renew(self, second: int) -> None:
        date = f"Date: {formatdate(second, usegmt=True)}\r\n\r\n".encode()
        self.head = self.full + date
        self.not_modified = self.none + date
        self.second = second
        self.answer, self.file = b"", None
        if len(self.body) >= FILE_BYTES:
            with contextlib.suppress(OSError):  # it has no room or no descriptor for one
                self.file = MemoryFile(self.head, self.body)
                return
        self.answer = self.head + self.body


@dataclass(slots=True)
class FrontPage:
    """A page as the front keeps it."""

    group: int
    version: Version
    expires: float
    asked: float  # when the server behind was asked for it
    variants: dict[str, Ready]
    used: float = 0.0
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(_weight(ready) for ready in self.variants.values())

    def answer(self, head: Head, second: int) -> bytes | MemoryFile:
        """What to send, from its first byte to its last."""
        ready = self.variants.get(head.encoding) or self.variants[IDENTITY]
        if ready.second != second:
            ready.renew(second)
        if head.tags and is_known(ready.etag, head.tags):
            return ready.not_modified
        if head.is_head:
            return ready.head
        return ready.file or ready.answer


def _weight(ready: Ready) -> int:
    """Roughly what it takes of memory: its body twice, alone and in its answer."""
    return 2 * len(ready.body) + 4096


class Filler:
    """Threads that ask for pages; `done` is called in them, with None for what is not kept."""

    def __init__(
        self,
        server: str,
        token: str,
        leases: Sequence[Lease],
        done: Callable[[str, FrontPage | None], None],
    ) -> None:
        self._server, self._token, self._leases, self._done = server, token, leases, done
        self._wanted: queue.SimpleQueue[Head] = queue.SimpleQueue()

    def start(self) -> None:
        for number in range(THREADS):
            name = f"filler-{number}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def ask(self, head: Head) -> None:
        self._wanted.put(head)

    def _run(self) -> None:
        while True:
            head = self._wanted.get()
            page = None
            try:
                page = self._page(head)
            except (OSError, http.client.HTTPException):
                pass  # the server starts, or is busy: who waits asks it himself
            except (ValueError, KeyError) as error:
                logger.warning("page not understood reason=%s", type(error).__name__)
            self._done(head.key, page)

    def _page(self, head: Head) -> FrontPage | None:
        began = time.monotonic()
        with contextlib.closing(_Connection(self._server)) as connection:
            headers = {"Host": head.host, "X-Edge-Fill": self._token}
            if head.scheme:
                headers["X-Forwarded-Proto"] = head.scheme
            connection.request("GET", FILL + head.path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        return self._unpacked(body, began) if response.status == 200 else None

    def _unpacked(self, body: bytes, began: float) -> FrontPage:
        line, _, rest = body.partition(b"\n")
        told = json.loads(line)
        variants, at = {}, 0
        for encoding, (etag, headers, none, size) in told["variants"].items():
            full, known = _head("200 OK", headers), _head("304 Not Modified", none)
            variants[encoding] = Ready(etag, full, known, rest[at : at + size])
            at += size
        if at != len(rest):
            raise ValueError("a page was cut short")
        version = self._leases[told["group"]].version
        if version.name != told["version"]:
            version = Version(told["version"])  # good for who waits, and then for nobody
        return FrontPage(told["group"], version, began + told["seconds"], began, variants)


class _Connection(http.client.HTTPConnection):
    def __init__(self, server: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._server = server

    def connect(self) -> None:
        self.sock: Any = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._server)


def _head(status: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status}\r\nServer: granian\r\n{lines}".encode("latin-1")
