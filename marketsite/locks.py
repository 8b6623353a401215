"""Locks of the whole site, in PostgreSQL: they end with whoever holds them, whatever ends him."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def held(name: str, places: int = 1) -> Iterator[bool]:
    """Whether the lock of this name is ours for the block; False at once when it is another's, or
    when as many as there are `places` have it.

    It hangs on a connection of its own, because those of the work inside may be closed and made
    anew. It is given back before that is closed: the server may take its time to notice an end.
    """
    own = direct_connection()
    try:
        yield any(_taken(own, f"{name} {place}") for place in range(places))
    finally:
        with suppress(Error), own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        own.close()


def direct_connection() -> BaseDatabaseWrapper:
    """A new connection to PostgreSQL itself, past the pooler that `DATABASE_URL` may lead to."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.settings_dict = own.settings_dict | settings.DATABASE_DIRECT
    return own


def _taken(connection: BaseDatabaseWrapper, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(name)])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _number(name: str) -> int:
    """PostgreSQL knows such locks by a signed number of eight bytes."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
