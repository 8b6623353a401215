"""`python -m marketsite.web`: the web process as the Procfile starts it.

Granian runs the site in worker processes; its parent, this process, keeps the port and answers
public pages itself (`marketsite.front`). Without memory for pages, or where the system has no
epoll, granian has the port.
"""

from __future__ import annotations

import logging
import logging.config
import multiprocessing
import os
import resource
import secrets
import select
import signal
import socket
import tempfile
import threading
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import psycopg2
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from psycopg2.extensions import connection as Connection

from marketsite import vitals
from marketsite.environment import Environment
from marketsite.freshness import Freshness, Numbers
from marketsite.logs import log_settings

logger = logging.getLogger(__name__)

STOP_SECONDS = 6  # what a worker has for answers that have begun; Docker kills all after ten
TOKEN = "EDGE_FILL_TOKEN"  # noqa: S105 (the name of the variable)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    env = Environment()
    logging.config.dictConfig(
        log_settings(
            env.choice("LOG_FORMAT", "json", {"json", "text"}),
            env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"}),
        )
    )
    # A fork would copy the front's thread half, and hold the port beyond its end.
    multiprocessing.set_start_method("spawn")
    _spare_the_tracker()
    vitals.report("front", env.redis("REDIS_URL"))
    host, port = env.text("HOST", "127.0.0.1"), env.whole("PORT", 8000, 1, 65535)
    megabytes = env.whole("EDGE_MEMORY_MB", 32, 0, 100_000)
    if not megabytes or env.flag("DEBUG", default=False) or not hasattr(select, "epoll"):
        _server(env, address=host, port=port).serve()
        return
    with tempfile.TemporaryDirectory(prefix="marketsite-web-") as folder:
        path = Path(folder) / "web.sock"
        os.environ[TOKEN] = secrets.token_urlsafe(32)
        front = _front(env, _listener(host, port), str(path), megabytes * 1_000_000)
        thread = threading.Thread(target=_run, args=(front,), name="front", daemon=True)
        server = _server(env, uds=path, uds_permissions=0o600)
        server.on_startup(thread.start)
        server.on_shutdown(front.stop)
        server.on_shutdown(lambda: thread.join(STOP_SECONDS))
        server.serve()


def _spare_the_tracker() -> None:
    """Spawning would start one more Python, 6 MB, which watches for semaphores and shared memory
    that nobody frees. Nothing here makes any; what tells it of some writes to nowhere.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    resource_tracker.getfd = lambda: nowhere


def _run(front: Any) -> None:
    """The site must not live on without its door: whoever supervises it starts it anew."""
    try:
        front.run()
    except Exception:
        logger.exception("the front ended")
        os.kill(os.getpid(), signal.SIGTERM)


def _server(env: Environment, **place: Any) -> MPServer:
    return MPServer(
        "marketsite.wsgi:application",
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=env.whole("WEB_WORKERS", 1, 1, 64),
        # each may hold a connection to PostgreSQL
        blocking_threads=env.whole("WEB_THREADS", 4, 1, 256),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,  # else half a form keeps it from ever ending
        log_level=LogLevels.info,
        **place,
    )


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))  # the front listens once the workers do
    return listener


def _front(env: Environment, listener: socket.socket, server: str, limit: int) -> Any:
    from marketsite.front import Front

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 16_384)), hard))
    given = env.database("DATABASE_DIRECT_URL", "DATABASE_URL")

    def connect() -> Connection:
        connection: Connection = psycopg2.connect(
            dbname=given["NAME"],
            user=given["USER"] or None,
            password=given["PASSWORD"] or None,
            host=given["HOST"] or None,
            port=given["PORT"] or None,
            **{
                "connect_timeout": "5",
                "tcp_user_timeout": "15000",
                "application_name": "marketsite web",
                **given["OPTIONS"],
            },
        )
        connection.autocommit = True
        return connection

    freshness = Freshness(connect, Numbers(env.redis("REDIS_URL")))
    return Front(listener, server, os.environ[TOKEN], freshness, limit)


if __name__ == "__main__":
    main()
