"""Sessions whose keys prove that we made them.

A forged session cookie is told from a real one without the database: it reaches no table, and it
is no way around the pages in memory.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils.crypto import get_random_string, salted_hmac

RANDOM, PROOF = 20, 20  # 103 bits that nobody can guess, and 80 that nobody can make
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class SessionStore(db.SessionStore):
    """Django's own, in the database, with such keys; any other key is no session."""

    def _get_new_session_key(self) -> str:
        while True:
            chosen = get_random_string(RANDOM, CHARACTERS)
            key = chosen + _proof(chosen)
            if not self.exists(key):
                return key

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and is_ours(key)


def is_ours(key: str) -> bool:
    """Whether a session's key was made by this site, with its present SECRET_KEY."""
    if len(key) != RANDOM + PROOF or not key.isascii():
        return False
    return hmac.compare_digest(key[RANDOM:], _proof(key[:RANDOM]))


def _proof(chosen: str) -> str:
    made = hmac.new(_secret(settings.SECRET_KEY), chosen.encode(), "sha256")
    return made.hexdigest()[:PROOF]


@lru_cache(maxsize=2)
def _secret(secret_key: str) -> bytes:
    return salted_hmac("marketsite.sessions", "key", secret=secret_key, algorithm="sha256").digest()
