"""The site's code on servers of its own, for measuring: embedded, empty, gone afterwards."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from marketsite.stack import Stack

RESULTS = Path(__file__).resolve().parent / "results"


@contextmanager
def site(moment: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Django set up and migrated with these settings; `moment` is a MARKETSITE_CLOCK."""
    with tempfile.TemporaryDirectory(prefix="marketsite-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another account when we are root
        with Stack(folder / "stack", durable=False) as stack:
            os.environ |= {
                "ENV_FILE": os.devnull,
                "SECRET_KEY": secrets.token_urlsafe(48),
                "SITE_URL": "http://localhost:8000",
                "DATABASE_URL": stack.database_url,
                "REDIS_URL": stack.redis_url,
                "LOG_LEVEL": "ERROR",
                "MARKETSITE_CLOCK": moment,
                **settings,
            }
            _set_up()
            yield
            _close()


def _set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _close() -> None:
    from django.core.cache import caches
    from django.db import connections

    connections.close_all()
    caches["default"].close()
