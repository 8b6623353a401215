"""What it costs to keep the index strip current on 10,000 open pages, and how late a number comes.

    .venv/bin/python -m bench.live_strip                             (about six minutes)
    .venv/bin/python -m bench.live_strip --readers 1000 --refreshes 1 --every 20

Writes `bench/results/live_strip.json` and `live_strip.txt`. Every page is open and in sight, the
worst case, and asks as `static/js/strip.js` does: one to six seconds after the refresh that the
last answer told, with the entity tag of what it has; after an answer without news in fifteen
seconds, after a failure as that script backs off. A reader keeps his connection for his next
question while the server keeps it, and opens another when it does not: the front holds 4,096, so
that most do, as browsers whose idle connection was closed.

Sockets are real, and so is what the Procfile starts; the readers are one process on the same
machine, and take processor time beside it. Refreshes are real ones against the vendors' stand-ins,
every 60 seconds instead of 180: the crowd that asks at once is the same. The comparison is the same
site without edge and front, in the same run. granian by itself has 1,024 connections at most and
keeps idle ones, so that readers there close theirs after each answer: one more would never be
heard.

`delay` is from the commit of the new snapshot to its arrival at a reader, of which the page's own
pause is one to six seconds; `late` is what of it is ours: from the moment when a reader wanted to
ask to his answer, connection and all. `cpu` is that of the whole web process tree in that time, and
`idle` what it takes in as long a time when nobody asks. The exit code is 1 when a question failed,
or one in a hundred readers of the site as it is waits for more than a second.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import json
import os
import random
import re
import resource
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.site import RESULTS, site, upstreams, web
from bench.soak import probe

PATH = "/api/v1/market/indices"
SETTLED, SPREAD, SOONEST, LATEST = 1.0, 5.0, 15.0, 900.0  # seconds, as in static/js/strip.js
BOUND_MS = 1000.0
IDLE_SECONDS = 10.0
AFTER_SECONDS = 60.0  # for the last readers of the last refresh
TICKS = os.sysconf("SC_CLK_TCK")
SERVERS = {"as it is": {}, "without the edge": {"EDGE_MEMORY_MB": "0"}}
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
CODING = re.compile(rb"\r\ncontent-encoding: *([^\r]+)", re.IGNORECASE)


@dataclass(slots=True)
class Reader:
    """One open page: what it shows, and its question on the way."""

    number: int
    shows: str = ""  # the snapshot's generated_at
    next_refresh: float = 0.0
    tag: bytes = b""
    due: float = 0.0
    failures: int = 0
    connection: socket.socket | None = None
    received: bytes = b""
    asking: bool = False
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    at: float
    status: int  # 0 when none came
    size: int
    late: float  # seconds since the reader wanted to ask
    delay: float | None  # seconds since the commit of the snapshot that it brought


@dataclass(slots=True)
class Crowd:
    """The readers, in one thread."""

    port: int
    readers: list[Reader]
    chance: random.Random
    keep: bool  # whether a connection is kept for the next question
    made: dict[str, float] = field(default_factory=dict)  # generated_at: when it was committed
    current: int = 0  # readers who have the last of them
    answers: list[Answer] = field(default_factory=list)
    opened: int = 0
    _due: list[tuple[float, int]] = field(default_factory=list)
    _by_fd: dict[int, Reader] = field(default_factory=dict)
    _poll: Any = field(default_factory=select.epoll)
    _known: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def open_pages(self, snapshot: dict[str, Any]) -> None:
        """Each has this snapshot from its page, and waits for the next."""
        for reader in self.readers:
            reader.shows = snapshot["generated_at"]
            reader.next_refresh = _seconds(snapshot["next_refresh_at"])
            self._wait_for_refresh(reader)

    def refreshed(self, snapshot: dict[str, Any]) -> None:
        """This snapshot was committed just now."""
        self.made[snapshot["generated_at"]], self.current = time.time(), 0

    def run(self, until: float, all_have_it: bool = False) -> None:
        """Until that time, or until every page shows the last snapshot."""
        while (now := time.time()) < until:
            if all_have_it and self.current == len(self.readers):
                return
            while self._due and self._due[0][0] <= now:
                self._ask(self.readers[heapq.heappop(self._due)[1]])
            following = self._due[0][0] if self._due else until
            for fd, _ in self._poll.poll(max(min(following, until, now + 0.5) - now, 0)):
                if reader := self._by_fd.get(fd):
                    self._hear(reader, fd)

    def close(self) -> None:
        for reader in self.readers:
            self._drop(reader)
        self._poll.close()

    def _ask(self, reader: Reader) -> None:
        """On the connection that is open, else on a new one."""
        reader.asking, reader.received = True, b""
        reader.reused = reader.connection is not None
        if reader.connection is None:
            reader.connection = opened = socket.socket()
            opened.setblocking(False)
            opened.connect_ex(("127.0.0.1", self.port))
            self.opened += 1
            self._by_fd[opened.fileno()] = reader
            self._poll.register(opened.fileno(), select.EPOLLIN | select.EPOLLOUT)
        else:
            self._send(reader)

    def _send(self, reader: Reader) -> None:
        known = b"If-None-Match: %b\r\n" % reader.tag if reader.tag else b""
        question = (
            b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\n"
            b"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: vi\r\n"
            b"Cache-Control: max-age=0\r\n%b\r\n" % (PATH.encode(), self.port, known)
        )
        try:
            reader.connection.send(question)  # type: ignore[union-attr]
        except OSError:
            self._lost(reader)

    def _hear(self, reader: Reader, fd: int) -> None:
        connection = reader.connection
        if connection is None or connection.fileno() != fd:
            return
        if reader.asking and not reader.received and not reader.reused:
            reader.reused = True  # it is open now: from here on we only listen
            if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lost(reader)
                return
            self._poll.modify(fd, select.EPOLLIN)
            self._send(reader)
            return
        try:
            data = connection.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost(reader)
            return
        reader.received += data
        if reader.asking and _is_whole(reader.received):
            self._take(reader)

    def _take(self, reader: Reader) -> None:
        head, _, body = reader.received.partition(b"\r\n\r\n")
        now, status, delay = time.time(), int(head[9:12]), None
        if status == 200:
            tag = _found(TAG, head)
            if tag not in self._known:
                self._known[tag] = json.loads(_unpacked(body, _found(CODING, head)))
            snapshot, reader.tag = self._known[tag], tag
            reader.next_refresh = _seconds(snapshot["next_refresh_at"])
            if snapshot["generated_at"] != reader.shows:
                reader.shows = snapshot["generated_at"]
                delay = now - self.made[reader.shows]
                self.current += reader.shows == next(reversed(self.made))
        self.answers.append(Answer(now, status, len(reader.received), now - reader.due, delay))
        reader.asking, reader.received = False, b""
        if not self.keep:
            self._drop(reader)
        if status not in {200, 304}:
            self._back_off(reader)
            return
        reader.failures = 0
        self._wait_for_refresh(reader)

    def _lost(self, reader: Reader) -> None:
        """The connection is gone: no matter between questions, and asked again once within one."""
        again = reader.asking and reader.reused and not reader.received
        failed = reader.asking and not again
        self._drop(reader)
        if again:
            self._ask(reader)
        elif failed:
            self.answers.append(Answer(time.time(), 0, 0, time.time() - reader.due, None))
            reader.asking = False
            self._back_off(reader)

    def _drop(self, reader: Reader) -> None:
        if reader.connection is not None:
            self._by_fd.pop(reader.connection.fileno(), None)
            reader.connection.close()
            reader.connection = None

    def _wait_for_refresh(self, reader: Reader) -> None:
        left = reader.next_refresh - time.time() + SETTLED + self.chance.random() * SPREAD
        self._wait(reader, min(max(left, SOONEST), LATEST))

    def _back_off(self, reader: Reader) -> None:
        longest = min(SOONEST * 2**reader.failures, LATEST)
        reader.failures += 1
        self._wait(reader, longest * (0.75 + self.chance.random() / 4))

    def _wait(self, reader: Reader, pause: float) -> None:
        reader.due = time.time() + pause
        heapq.heappush(self._due, (reader.due, reader.number))


def _is_whole(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return False
    return head[9:12] == b"304" or len(body) >= int(_found(LENGTH, head) or 0)


def _found(pattern: re.Pattern[bytes], head: bytes) -> bytes:
    match = pattern.search(head)
    return match[1] if match else b""


def _unpacked(body: bytes, coding: bytes) -> bytes:
    import brotli
    import zstandard

    match coding:
        case b"br":
            plain: bytes = brotli.decompress(body)
            return plain
        case b"zstd":
            return zstandard.ZstdDecompressor().decompress(body)
        case b"gzip":
            return gzip.decompress(body)
    return body


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


# The run


def main() -> int:
    options = _options()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if limit < options.readers + 100:
        sys.exit(f"bench.live_strip needs {options.readers + 100} open files; the limit is {limit}")
    settings = {
        "ALLOWED_HOSTS": "127.0.0.1",
        "MARKET_REFRESH_SECONDS": str(options.every),
        "LOG_LEVEL": "WARNING",
    }
    load = os.getloadavg()[0]
    with upstreams("") as addresses, site("", settings | addresses):
        measured = [_measure(name, extra, options) for name, extra in SERVERS.items()]
    report = {
        "readers": options.readers,
        "every_seconds": options.every,
        "refreshes": options.refreshes,
        "load": round(load, 1),
        "processors": os.cpu_count(),
        "bound_ms": BOUND_MS,
        "servers": measured,
    }
    text = _text(report)
    RESULTS.joinpath("live_strip.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("live_strip.txt").write_text(text)
    sys.stdout.write(text)
    failed = sum(row["failed"] + row["without_news"] for row in measured[:1])
    return int(bool(failed) or measured[0]["late_ms"]["p99"] > BOUND_MS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--refreshes", type=int, default=2)
    parser.add_argument("--every", type=int, default=60, help="seconds from one to the next")
    return parser.parse_args()


def _measure(name: str, variables: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    sys.stderr.write(f"{name}: {options.readers} readers\n")
    with web(variables) as (port, process):
        before = _cpu(process)
        time.sleep(IDLE_SECONDS)
        idle = (_cpu(process) - before) / IDLE_SECONDS
        chance = random.Random(1)  # noqa: S311 (the same crowd on each run)
        readers = [Reader(number) for number in range(options.readers)]
        crowd = Crowd(port, readers, chance, keep=not variables)
        snapshot = _refresh(crowd)
        crowd.open_pages(snapshot)
        crowd.run(_seconds(snapshot["next_refresh_at"]))
        before, began = _cpu(process), time.time()
        for number in range(options.refreshes):
            if number:
                crowd.run(_seconds(snapshot["next_refresh_at"]))
            snapshot = _refresh(crowd)
            crowd.run(_seconds(snapshot["next_refresh_at"]), all_have_it=True)
        crowd.run(time.time() + AFTER_SECONDS, all_have_it=True)
        seconds, cpu = time.time() - began, _cpu(process) - before
        without = len(readers) - crowd.current
        crowd.close()
    row = _summary(crowd.answers) | {"connections": crowd.opened, "without_news": without}
    asked = max(row["requests"], 1)
    return {
        "server": name,
        **row,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 2),
        "idle_cpu_seconds": round(idle * seconds, 2),
        "cpu_ms_per_request": round(max(cpu - idle * seconds, 0) * 1000 / asked, 3),
    }


def _refresh(crowd: Crowd) -> dict[str, Any]:
    from market import snapshot
    from market.refresh import refresh_indices

    refresh_indices()
    made: dict[str, Any] = dict(snapshot.read())
    crowd.refreshed(made)
    return made


def _cpu(process: int) -> float:
    """Seconds of processor time of the process and its descendants."""
    return sum(_own_cpu(pid) for pid in probe.tree(process))


def _own_cpu(pid: int) -> float:
    try:
        fields = (probe.PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _summary(answers: Sequence[Answer]) -> dict[str, Any]:
    seconds = Counter(int(answer.at) for answer in answers)
    statuses = Counter(answer.status for answer in answers)
    return {
        "requests": len(answers),
        "new": statuses[200],
        "unchanged": statuses[304],
        "failed": len(answers) - statuses[200] - statuses[304],
        "bytes": sum(answer.size for answer in answers),
        "most_in_a_second": max(seconds.values(), default=0),
        "late_ms": _spread([answer.late * 1000 for answer in answers], 1),
        "delay_s": _spread([a.delay for a in answers if a.delay is not None], 2),
    }


def _spread(values: Sequence[float], places: int) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    at = {"median": 0.5, "p99": 0.99, "worst": 1.0}
    return {
        name: round(ordered[int(share * (len(ordered) - 1))], places) for name, share in at.items()
    }


def _text(report: dict[str, Any]) -> str:
    lines = [
        f"{report['readers']:,} readers, {report['refreshes']} refreshes, one every"
        f" {report['every_seconds']} s; load {report['load']} on {report['processors']} processors",
        "",
        f"{'server':<18}{'requests':>9}{'new':>8}{'304':>7}{'failed':>7}{'opened':>8}{'most/s':>8}"
        f"{'late ms':>9}{'p99':>9}{'worst':>9}{'delay s':>9}{'p99':>7}{'worst':>7}{'cpu s':>8}"
        f"{'idle':>6}{'ms/req':>8}",
    ]
    return "\n".join([*lines, *_rows(report["servers"])]) + "\n"


def _rows(servers: Sequence[dict[str, Any]]) -> Iterator[str]:
    for row in servers:
        late, delay = row["late_ms"], row["delay_s"]
        yield (
            f"{row['server']:<18}{row['requests']:>9}{row['new']:>8}{row['unchanged']:>7}"
            f"{row['failed']:>7}{row['connections']:>8}{row['most_in_a_second']:>8}"
            f"{late['median']:>9}{late['p99']:>9}{late['worst']:>9}"
            f"{delay['median']:>9}{delay['p99']:>7}{delay['worst']:>7}"
            f"{row['cpu_seconds']:>8}{row['idle_cpu_seconds']:>6}{row['cpu_ms_per_request']:>8}"
        )
    first, second = servers[0], servers[-1]
    cpu = second["cpu_ms_per_request"] / max(first["cpu_ms_per_request"], 0.001)
    late = second["late_ms"]["p99"] / max(first["late_ms"]["p99"], 0.1)
    yield f"without the edge to as it is: cpu per request {cpu:.1f}, late p99 {late:.1f}"


if __name__ == "__main__":
    sys.exit(main())
