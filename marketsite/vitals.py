"""What a process holds, told to Redis, so that any web process can tell it of all (`/metrics`).

A thread of each long-lived process writes one key every half minute; the key of a process that has
ended is gone soon after. Knows no Django: the front has none.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import redis

logger = logging.getLogger(__name__)

Role = Literal["front", "web", "worker", "beat"]

OWN = "/proc/self"
PERIOD_SECONDS = 30.0
EXPIRES_SECONDS = 100
SOCKET_SECONDS = 2.0
PREFIX = "process:"
SIZES = re.compile(r"^(Pss|Rss|VmHWM|Threads):\s+(\d+)( kB)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Vitals:
    """One process at one moment; sizes are bytes.

    Shared pages count in `pss` by their share, so that it adds up over processes; in `resident` and
    its highest value, `peak`, in full (man 5 proc_pid_smaps).
    """

    role: str
    host: str
    pid: int
    pss: int
    resident: int
    peak: int
    descriptors: int
    threads: int


def measured(role: Role) -> Vitals | None:
    """This process; None where the system does not tell (no Linux)."""
    try:
        text = _told("smaps_rollup") + _told("status")
        descriptors = len(os.listdir(f"{OWN}/fd"))  # noqa: PTH208
    except OSError:
        return None
    found = {
        name: int(number) * (1024 if unit else 1) for name, number, unit in SIZES.findall(text)
    }
    return Vitals(
        role=role,
        host=socket.gethostname(),
        pid=os.getpid(),
        pss=found["Pss"],
        resident=found["Rss"],
        peak=found["VmHWM"],
        descriptors=descriptors,
        threads=found["Threads"],
    )


def _told(name: str) -> str:
    with open(f"{OWN}/{name}", encoding="ascii") as file:  # noqa: PTH123 (no Path: see memory.py)
        return file.read()


def report(role: Role, url: str) -> None:
    """From now on tell the Redis at `url` what this process holds."""
    thread = threading.Thread(target=_report, args=(role, url), name="vitals", daemon=True)
    thread.start()


def _report(role: Role, url: str) -> None:
    """Without Redis nothing is told, and the next time tries again."""
    client = redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
        single_connection_client=False,
        max_connections=1,
        retry=None,
    )
    never, silent = threading.Event(), False
    while vitals := measured(role):
        try:
            write(client, vitals)
            silent = False
        except redis.RedisError as error:
            if not silent:
                logger.warning("vitals not told reason=%s", type(error).__name__)
            silent = True
        never.wait(PERIOD_SECONDS)


def write(client: Any, vitals: Vitals) -> None:
    key = f"{PREFIX}{vitals.role}:{vitals.host}:{vitals.pid}"
    client.set(key, json.dumps(asdict(vitals)), ex=EXPIRES_SECONDS)


def read(client: Any) -> list[Vitals]:
    """All processes that told theirs lately, by role, host and number.

    Raises redis.RedisError when the server does not answer.
    """
    keys = list(client.scan_iter(match=f"{PREFIX}*", count=1000))
    found = client.mget(keys) if keys else []
    return sorted(_parsed(found), key=lambda one: (one.role, one.host, one.pid))


def _parsed(texts: list[bytes | None]) -> Iterator[Vitals]:
    """What is ours: a process of another release may tell more, or less."""
    for text in texts:
        try:
            yield Vitals(**json.loads(text or "null"))
        except (TypeError, ValueError):
            continue
