"""Issuing, finding and revoking the API's tokens.

A token is 256 random bits, so a plain SHA-256 keeps it: there is nothing to guess that a slow hash
would protect. It is shown when it is issued and never again.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from marketsite import clock
from reports.models import ApiToken

logger = logging.getLogger(__name__)

PREFIX = "mks_"  # by which people and secret scanners recognise one
BYTES = 32
LONGEST = 100
USE_NOTED = timedelta(minutes=1)  # the time of last use is no finer: one write a minute


def issue(
    owner: AbstractBaseUser,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which stands nowhere else."""
    text = PREFIX + secrets.token_urlsafe(BYTES)
    token = ApiToken.objects.create(
        name=name,
        owner_id=owner.pk,
        scopes=sorted(scopes),
        digest=_digest(text),
        created_at=clock.now(),
        expires_at=expires_at,
    )
    logger.info("issued token=%d user=%d scopes=%s", token.pk, owner.pk, ",".join(token.scopes))
    return token, text


def find(text: str) -> ApiToken | None:
    """The usable token of this text, its use noted; None for anything else.

    The index compares digests, which tell nothing about the text; the last word is a comparison
    in constant time.
    """
    if not text.startswith(PREFIX) or len(text) > LONGEST:
        return None
    digest, now = _digest(text), clock.now()
    token = ApiToken.objects.usable(now).select_related("owner").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    _note_use(token, now)
    return token


def revoke(token: ApiToken, user: AbstractBaseUser) -> bool:
    """End the token for good; False when it was revoked already."""
    rows = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    revoked = rows.update(revoked_at=clock.now())
    if revoked:
        logger.info("revoked token=%d user=%d", token.pk, user.pk)
    return bool(revoked)


def _note_use(token: ApiToken, now: datetime) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
