"""`make run`: the whole job on one machine, until Ctrl-C.

Starts the embedded servers unless `DATABASE_URL` and `REDIS_URL` name others, prepares the site
(tables, administrator, first numbers, first report), then runs the Procfile's own commands. What it
keeps lies in `.local/`, or in the folder that `LOCAL_DIR` names. `make manage` runs one management
command beside it, with the same settings and on the same servers.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from marketsite import processes
from marketsite.environment import BASE_DIR, BadSetting, Environment, new_secret
from marketsite.memory import ALLOCATOR_SETTINGS
from marketsite.processes import MARK, Runner, parse_procfile, run_command, say
from marketsite.stack import Stack, StackError, lock

READY_SECONDS = 60.0
LATER_SECONDS = 4.0  # a site that was prepared before does not wait longer for what is missing


@dataclass(frozen=True, slots=True)
class Options:
    """What `make run` itself takes from the environment."""

    host: str
    port: int
    folder: Path
    own_servers: bool

    @property
    def site(self) -> str:
        """The address to open on this machine."""
        host = ipaddress.ip_address(self.host)
        if host.is_unspecified or host.is_loopback:
            return f"http://localhost:{self.port}"
        return f"http://{_bracketed(host)}:{self.port}"


def main() -> int:
    """Run until stopped; returns the exit code, with one line on standard error when it cannot."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    processes.stop_on_signals()
    try:
        options = _options(Environment())
        with contextlib.closing(lock(options.folder, "run.lock")):
            processes.stop_leftovers(str(options.folder))
            _refuse_busy_port(options.host, options.port)
            return _run(options)
    except (StackError, ChildProcessError) as error:
        sys.stderr.write(f"marketsite: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def manage(arguments: Sequence[str]) -> NoReturn:
    """Become `manage.py` with these arguments, on the servers of the site that runs here."""
    try:
        options = _options(Environment())
        servers = _running_servers(options)
    except StackError as error:
        sys.exit(f"marketsite: {error}")
    environment = {**os.environ, **_defaults(options), **servers}
    del environment[MARK]  # else the next start would stop it as one of its own
    command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
    os.execve(command[0], command, environment)  # noqa: S606 (no shell is wanted)


def _running_servers(options: Options) -> dict[str, str]:
    if not options.own_servers:
        return {}
    stack = Stack(options.folder)
    if not stack.answers:
        raise StackError(f"no site runs from {options.folder}: start it with make run")
    return {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url}


def _options(env: Environment) -> Options:
    names = ("DATABASE_URL", "REDIS_URL")
    given = [name for name in names if env.secret(name, "")]
    if len(given) == 1:
        missing = next(name for name in names if name not in given)
        raise BadSetting(missing, f"is not set but {given[0]} is: set both, or neither")
    host = env.text("HOST", "127.0.0.1")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise BadSetting("HOST", "must be an IP address, such as 127.0.0.1 or 0.0.0.0") from None
    env.whole("WEB_WORKERS", 1, 1, 64)
    env.whole("WEB_THREADS", 4, 1, 256)
    folder = Path(env.text("LOCAL_DIR", str(BASE_DIR / ".local"))).resolve()
    return Options(host, env.whole("PORT", 8000, 1, 65535), folder, own_servers=not given)


def _refuse_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "cannot be used"
            raise StackError(
                f"port {port} on {host} is not free ({reason}): choose another, PORT=8001 make run"
            ) from None


def _run(options: Options) -> int:
    environment = {**os.environ, **_defaults(options)}
    if not options.own_servers:
        say("Using the PostgreSQL and Redis that DATABASE_URL and REDIS_URL name.\n")
        return _serve(options, environment, {})
    with Stack(options.folder) as stack:
        say(f"PostgreSQL and Valkey run; their data is in {options.folder}.\n")
        environment |= {"DATABASE_URL": stack.database_url, "REDIS_URL": stack.redis_url}
        servers = {server.name: server.process for server in stack.servers}
        return _serve(options, environment, servers)


def _defaults(options: Options) -> dict[str, str]:
    """What production must choose and a first look need not, and what our children must have."""
    chosen = {
        "HOST": options.host,
        "PORT": str(options.port),
        "SITE_URL": options.site,
        "MARKET_DEMO": "auto",
        "LOG_FORMAT": "text",
        "STATIC_ROOT": str(options.folder / "static"),
        "PYTHONUNBUFFERED": "1",
        **ALLOCATOR_SETTINGS,
    }
    if not _given("SECRET_KEY") and not _given("SECRET_KEY_FILE"):
        chosen["SECRET_KEY_FILE"] = str(_secret_key_file(options.folder))
    scripts = str(Path(sys.executable).parent)
    return {
        **{name: value for name, value in chosen.items() if not _given(name)},
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
        MARK: str(options.folder),
    }


def _given(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


def _secret_key_file(folder: Path) -> Path:
    file = folder / "secret_key"
    if not file.exists() or not file.stat().st_size:
        file.touch(mode=0o600)
        file.write_text(new_secret(), encoding="ascii")
    return file


def _serve(
    options: Options,
    environment: dict[str, str],
    servers: dict[str, subprocess.Popen[bytes]],
) -> int:
    if code := _prepare(options.folder, environment):
        return code
    procfile = (BASE_DIR / "Procfile").read_text(encoding="utf-8")
    commands = parse_procfile(procfile.splitlines())
    threading.Thread(target=_announce, args=(options,), daemon=True).start()
    return Runner(commands, environment, BASE_DIR, servers).run()


def _prepare(folder: Path, environment: dict[str, str]) -> int:
    """Collect static files, migrate, and fill a new site; the exit code of what failed, or 0.

    A site that was prepared before starts within seconds whatever the sources do: what it still
    lacks comes with the schedule.
    """
    mark = folder / "prepared"
    steps = (
        (["collectstatic", "--noinput", "--verbosity=0"], None),
        (["migrate", "--noinput", "--verbosity=0"], None),
        (["prepare_site"], LATER_SECONDS if mark.exists() else None),
    )
    for arguments, seconds in steps:
        command = [sys.executable, "manage.py", *arguments]
        code = run_command(command, seconds, env=environment, cwd=BASE_DIR)
        if code is None:
            say("The sources are slow: what is missing comes while the site runs.\n")
        elif code:
            return code
    mark.touch()
    return 0


def _announce(options: Options) -> None:
    """Print the addresses once the web process answers anything at all."""
    host = "127.0.0.1" if options.host == "0.0.0.0" else options.host  # noqa: S104
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host, options.port, timeout=2)
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(connection),
        ):
            connection.request("GET", "/healthz", headers={"Host": f"localhost:{options.port}"})
            connection.getresponse()
            say(
                f"\n  Reports   {options.site}/    English: {options.site}/en/\n"
                f"  Editing   {options.site}/admin/\n"
                f"  Numbers   {options.site}/api/v1/market/indices\n"
                '  Commands  make manage ARGS="refresh_indices", in another terminal\n'
                "  Stop      Ctrl-C\n\n"
            )
            return
        time.sleep(0.1)
    say("The web process does not answer yet: see its lines above.\n")


def _bracketed(host: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"[{host}]" if host.version == 6 else str(host)


if __name__ == "__main__":
    if sys.argv[1:2] == ["manage"]:
        manage(sys.argv[2:])
    sys.exit(main())
