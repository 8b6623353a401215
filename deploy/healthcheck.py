"""The containers' health: `web` answers /healthz, `worker` has renewed the snapshot in time.

Celery's remote control is off, so a worker is judged by its work: the snapshot's key expires when
a refresh is two minutes overdue. Exits 0 when healthy; else 1, with one line that says why.
"""

from __future__ import annotations

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import redis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from marketsite.environment import Environment

SECONDS = 4.0


def web() -> str | None:
    """Why the web process is not well, or None. Asks as a reader would, by the site's own name."""
    site = urlsplit(Environment().address("SITE_URL", "http://localhost:8000"))
    port = int(os.environ.get("PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": site.netloc})
        status = connection.getresponse().status
    except OSError as error:
        return f"no answer on port {port}: {error}"
    finally:
        connection.close()
    return None if status == http.client.OK else f"/healthz answers {status}"


def worker() -> str | None:
    """Why the workers are not well, or None: somebody must have refreshed the numbers lately."""
    url = Environment().redis("REDIS_URL")
    try:
        with redis.Redis.from_url(url, socket_timeout=SECONDS) as client:
            return None if client.exists("market_indices") else "no refresh in time"
    except redis.RedisError as error:
        return f"Redis does not answer: {type(error).__name__}"


if __name__ == "__main__":
    sys.exit({"web": web, "worker": worker}[sys.argv[1]]())
