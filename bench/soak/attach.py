"""The site that runs on this machine already: its processes by what they told its Redis (see
`marketsite.vitals`), its servers by what they tell of themselves.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import redis
from django.conf import settings
from django.db import connection
from psycopg2.extensions import make_dsn

from bench.soak.probe import PROC
from bench.soak.stack import Site, SoakError, session
from marketsite import vitals

OURS = ("marketsite.web", "marketsite.worker")
NAMES = {"front": "web"}  # the rest is called as it calls itself
NEEDS_SETTINGS = (
    "--attach needs the site's settings: deploy/process manage soak --attach,"
    ' or make manage ARGS="soak --attach" beside make run'
)
Commands = dict[int, tuple[int, str]]


@contextmanager
def running_site() -> Iterator[Site]:
    """What to sample; raises SoakError when no process of the site runs here."""
    if not settings.configured:
        raise SoakError(NEEDS_SETTINGS)
    try:
        with (
            closing(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10)) as client,
            session(_database_address()) as database,
        ):
            commands = dict(_commands())
            if not (roots := _roots(commands, client)):
                raise SoakError("no process of this site runs here, or only another account's")
            yield Site(
                roots=roots,
                servers=_servers(commands, client, database),
                url=settings.SITE_URL,
                redis=client,
                database=database,
            )
    except redis.RedisError as error:
        raise SoakError(f"Redis does not answer: {error}") from None
    except psycopg2.Error as error:
        raise SoakError(f"PostgreSQL does not answer: {str(error).splitlines()[0]}") from None


def _commands() -> Iterator[tuple[int, tuple[int, str]]]:
    """Each process that we may look into: its parent and its command."""
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            (folder / "smaps_rollup").read_text()
        except OSError:
            continue
        yield int(folder.name), (int(parent), b" ".join(words).decode(errors="replace"))


def _roots(commands: Commands, client: redis.Redis) -> dict[str, int]:
    """The processes that told of themselves and live here; further ones of a kind numbered."""
    here = socket.gethostname()
    found: dict[int, str] = {}
    for one in vitals.read(client):
        if one.host == here and (root := _top(commands, one.pid)):
            found.setdefault(root, NAMES.get(one.role, one.role))
    roots: dict[str, int] = {}
    for root, name in found.items():
        same = sum(other.split()[0] == name for other in roots)
        roots[f"{name} #{same + 1}" if same else name] = root
    return roots


def _top(commands: Commands, pid: int) -> int | None:
    """The process or its highest ancestor that the Procfile's command started; None: it is gone."""
    top = None
    while pid in commands:
        parent, command = commands[pid]
        if any(mark in command for mark in OURS) and "-c" not in command.split()[:2]:
            top = pid
        pid = parent
    return top


def _servers(commands: Commands, client: redis.Redis, database: Any) -> dict[str, int]:
    """Those that run here, as far as we may look into them."""
    information: dict[str, Any] = client.info("server")
    backend = commands.get(database.info.backend_pid, (0, ""))
    known = {
        "postgres": (backend[0], "postgres"),
        "valkey": (int(information["process_id"]), "-server"),
    }
    return {
        name: pid for name, (pid, mark) in known.items() if mark in commands.get(pid, (0, ""))[1]
    }


def _database_address() -> str:
    """As libpq takes it, with the password that the settings hold."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters["application_name"] = "soak"
    dsn: str = make_dsn(**parameters)
    return dsn
