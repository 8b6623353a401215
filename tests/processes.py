"""Real processes of the site, and ways to hold them still at a known point."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg2
import redis

from marketsite.stack import _valkey_binary
from tests.conftest import ROOT, database_url

PATIENCE = 60.0
POLL = 0.02
MEMORY_LINE = re.compile(r"Memory cleanup completed job=(\w+) outcome=(\w+) rss_before=\d+")

T = TypeVar("T")


def until(condition: Callable[[], T]) -> T:
    """The first truthy answer of `condition`; fails the test when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        time.sleep(POLL)
    return answer


def outcomes(output: str, job: str) -> list[str]:
    """How each run of a job ended, by its closing lines."""
    return [outcome for name, outcome in MEMORY_LINE.findall(output) if name == job]


@dataclass(slots=True)
class Process:
    """A started process in a session of its own, with its output in files."""

    popen: subprocess.Popen[bytes]
    folder: Path

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text(encoding="utf-8")

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self) -> int:
        return self.popen.wait(PATIENCE)

    def living(self) -> list[int]:
        """The processes of its session, ended ones that nobody has collected left out."""
        return [pid for pid, session in _living() if session == self.popen.pid]


@contextmanager
def started(
    command: str | Sequence[str], environment: dict[str, str], folder: Path
) -> Iterator[Process]:
    """Run a command, a shell's when it is one string; nothing of it survives the block."""
    folder.mkdir(parents=True, exist_ok=True)
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, environment.get("PATH", os.defpath)])
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        popen = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            cwd=ROOT,
            env=environment | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    process = Process(popen, folder)
    try:
        yield process
    finally:
        for pid in process.living():
            os.kill(pid, signal.SIGKILL)
        popen.wait()


def manage_command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def worker_command() -> str:
    """What the Procfile starts."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith("worker:"))


def _living() -> Iterator[tuple[int, int]]:
    """Process id and session of everything that still runs."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = file.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # ended while we looked
        if state not in {"Z", "X"}:
            yield int(file.parent.name), int(session)


class Lock:
    """A table that other connections have to wait for, until `release`."""

    def __init__(self, table: str, mode: str) -> None:
        self._connection = psycopg2.connect(database_url())
        self._cursor = self._connection.cursor()
        self._cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")

    def waiting(self, count: int = 1) -> list[int]:
        """The server processes that wait for a lock, once there are `count`."""
        return until(lambda: found if len(found := self._waiting()) >= count else [])

    @property
    def is_awaited(self) -> bool:
        """Whether a server process waits for a lock just now."""
        return bool(self._waiting())

    def cut(self) -> None:
        """End the waiting connections, as a database that goes down would."""
        for pid in self.waiting():
            self._cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    def release(self) -> None:
        self._connection.close()

    def _waiting(self) -> list[int]:
        self._cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'relation'")
        return [pid for (pid,) in self._cursor.fetchall()]


@contextmanager
def locked(table: str, mode: str = "ACCESS EXCLUSIVE") -> Iterator[Lock]:
    lock = Lock(table, mode)
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def broker(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Valkey of the test's own, at a socket's path."""
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(socket.parent)]
    server = subprocess.Popen([_valkey_binary(), *options], stdout=subprocess.DEVNULL)
    try:
        until(lambda: _answers(socket))
        yield server
    finally:
        server.kill()
        server.wait()


def _answers(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
