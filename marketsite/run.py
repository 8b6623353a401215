"""`make run`: the whole job on one machine, until Ctrl-C.

Starts the embedded servers unless `DATABASE_URL` and `REDIS_URL` name others, prepares the site
(tables, administrator, first numbers, first report), then runs the Procfile's own commands.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from honcho.environ import parse_procfile
from honcho.manager import Manager

from marketsite.environment import BASE_DIR, new_secret, read_dotenv
from marketsite.memory import ALLOCATOR_SETTINGS
from marketsite.stack import Stack, StackError

LOCAL = BASE_DIR / ".local"
READY_SECONDS = 60.0
STOPPED_BY_HAND = {130, 143, -signal.SIGINT, -signal.SIGTERM}


def main() -> int:
    """Run until stopped; returns the exit code, with one line on standard error when it cannot."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    read_dotenv()
    try:
        _refuse_half_a_stack()
        _refuse_busy_port()
        with _servers():
            return _serve()
    except StackError as error:
        sys.stderr.write(f"marketsite: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse_half_a_stack() -> None:
    names = ("DATABASE_URL", "REDIS_URL")
    given = [name for name in names if os.environ.get(name) or os.environ.get(f"{name}_FILE")]
    if len(given) == 1:
        missing = next(name for name in names if name not in given)
        raise StackError(f"{given[0]} is set but {missing} is not: set both, or neither")


def _port() -> int:
    text = os.environ.setdefault("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"PORT must be a number between 1 and 65535, not {text!r}")
    return int(text)


def _refuse_busy_port() -> None:
    host, port = os.environ.setdefault("HOST", "127.0.0.1"), _port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "cannot be used"
            raise StackError(
                f"port {port} on {host} is not free ({reason}): choose another, PORT=8001 make run"
            ) from None


@contextlib.contextmanager
def _servers() -> Iterator[None]:
    """The embedded servers, or nothing when the environment names others."""
    _local_defaults()
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        _say("Using the PostgreSQL and Redis that DATABASE_URL and REDIS_URL name.")
        yield
        return
    with Stack(LOCAL) as stack:
        os.environ["DATABASE_URL"] = stack.database_url
        os.environ["REDIS_URL"] = stack.redis_url
        _say(f"PostgreSQL and Valkey run; their data is in {LOCAL}.")
        yield


def _local_defaults() -> None:
    """What production must choose and a first look need not."""
    LOCAL.mkdir(exist_ok=True)
    if not os.environ.get("SECRET_KEY") and not os.environ.get("SECRET_KEY_FILE"):
        os.environ["SECRET_KEY_FILE"] = str(_secret_key_file())
    defaults = {
        "SITE_URL": f"http://localhost:{_port()}",
        "MARKET_DEMO": "auto",
        "LOG_FORMAT": "text",
        "STATIC_ROOT": str(LOCAL / "static"),
        "PYTHONUNBUFFERED": "1",
        **ALLOCATOR_SETTINGS,
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    scripts = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])


def _secret_key_file() -> Path:
    file = LOCAL / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(new_secret(), encoding="ascii")
    return file


def _serve() -> int:
    for arguments in (["collectstatic", "--noinput", "--verbosity=0"], ["prepare_site"]):
        done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, check=False)
        if done.returncode:
            return done.returncode
    manager = Manager()
    procfile = parse_procfile((BASE_DIR / "Procfile").read_text(encoding="utf-8"))
    for name, command in procfile.processes.items():
        manager.add_process(name, command, env=dict(os.environ), cwd=str(BASE_DIR))
    threading.Thread(target=_announce, daemon=True).start()
    manager.loop()
    code = int(manager.returncode or 0)
    return 0 if code in STOPPED_BY_HAND else code


def _announce() -> None:
    """Print the addresses once the web process answers."""
    site = f"http://localhost:{_port()}"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{site}/healthz", timeout=2).close()  # noqa: S310
            _say(
                f"\n  Reports   {site}/    English: {site}/en/\n"
                f"  Editing   {site}/admin/\n"
                f"  Numbers   {site}/api/v1/market/indices\n"
                "  Stop      Ctrl-C\n"
            )
            return
        time.sleep(0.2)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
