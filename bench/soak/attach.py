"""The site that runs on this machine already: found by its commands, asked through its settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection
from psycopg2.extensions import make_dsn

from bench.soak.probe import PROC
from bench.soak.stack import Site, SoakError, session

MARKS = {"web": "marketsite.web", "worker": "marketsite.worker"}
SERVERS = {"postgres": "postgres", "valkey": "valkey-server"}


@contextmanager
def running_site() -> Iterator[Site]:
    """What to sample; raises SoakError when no process of the site runs here."""
    commands = dict(_commands())
    roots = _roots(commands, MARKS)
    if not roots:
        raise SoakError("no process of the site runs on this machine, or only another account's")
    with (
        closing(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10)) as client,
        session(_database_address()) as database,
    ):
        yield Site(
            roots=roots,
            servers=_roots(commands, SERVERS),
            url=settings.SITE_URL,
            redis=client,
            database=database,
        )


def _commands() -> Iterator[tuple[int, tuple[int, str]]]:
    """Each process that we may look into: its parent and its command."""
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            (folder / "smaps_rollup").read_text()
        except OSError:
            continue
        command = b" ".join(words).decode(errors="replace")
        if not Path(command.split(" ")[0]).name.endswith("sh"):
            yield int(folder.name), (int(parent), command)


def _roots(commands: dict[int, tuple[int, str]], marks: dict[str, str]) -> dict[str, int]:
    return {name: root for name, mark in marks.items() if (root := _root(commands, mark))}


def _root(commands: dict[int, tuple[int, str]], mark: str) -> int | None:
    """The oldest process whose command carries the mark, and whose parent's does not."""
    found = [pid for pid, (_, command) in commands.items() if mark in command]
    tops = [pid for pid in found if mark not in commands.get(commands[pid][0], (0, ""))[1]]
    return min(tops, default=None)


def _database_address() -> str:
    """As libpq takes it, with the password that the settings hold."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters["application_name"] = "soak"
    dsn: str = make_dsn(**parameters)
    return dsn
