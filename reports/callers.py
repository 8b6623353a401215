"""Who calls the API: staff by their session, programs by a bearer token; and how often they may.

A token acts for its owner: a call needs the token's scope and the owner's permission.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AbstractUser
from django.http import HttpRequest
from ninja.errors import HttpError, Throttled
from ninja.security import HttpBearer, SessionAuth
from redis.exceptions import RedisError

from marketsite.rates import WINDOW_SECONDS, seconds_to_wait
from reports import tokens

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, the name under which his calls are counted, and the token's where he uses one."""

    user: AbstractBaseUser
    counted_as: str
    token: str = ""

    def has_perm(self, permission: str) -> bool:
        return cast("AbstractUser", self.user).has_perm(permission)


class TokenAuth(HttpBearer):
    """A bearer token with the scope, whose owner has the permission."""

    def __init__(self, scope: str, permission: str) -> None:
        super().__init__()
        self._scope, self._permission = scope, permission

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Raises HttpError for a token that is no good: a session beside it does not stand in."""
        found = tokens.find(token.strip())
        if found is None:
            raise HttpError(401, "The token is unknown, expired or revoked")
        caller = Caller(found.owner, f"token:{found.pk}", found.name)
        if self._scope not in found.scopes or not caller.has_perm(self._permission):
            raise HttpError(403, "The token does not allow this")
        return caller


class StaffAuth(SessionAuth):
    """A member of the staff, signed in, with the permission; a writing call needs the CSRF token.

    Nothing is asked of strangers: without a session there is no cookie that another site could
    have sent along.
    """

    def __init__(self, permission: str) -> None:
        super().__init__()
        self._permission = permission

    def __call__(self, request: HttpRequest) -> Caller | None:
        if not request.user.is_authenticated:
            return None
        return cast("Caller | None", super().__call__(request))

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller:
        user = cast("AbstractUser", request.user)
        if not user.is_staff or not user.has_perm(self._permission):
            raise HttpError(403, "You may not do this")
        return Caller(user, f"user:{user.pk}")


def callers(scope: str, permission: str) -> list[Any]:
    """Both ways to be let in, as ninja's `auth` takes them."""
    return [TokenAuth(scope, permission), StaffAuth(permission)]


def caller_of(request: HttpRequest) -> Caller:
    """The caller whom one of `callers` let in."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]


def is_let_in(request: HttpRequest, scope: str, permission: str) -> bool:
    """Whether a call that anyone may make comes from somebody who may see more."""
    for auth in callers(scope, permission):
        try:
            if auth(request):
                return True
        except HttpError:
            return False
    return False


def limit(caller: Caller, spends: bool) -> None:
    """Count a writing call; raises Throttled beyond `API_WRITES_PER_MINUTE`.

    When Redis does not answer nobody knows the count. What spends money is then refused, because
    a limit that goes away with Redis is none; what stops spending is let through.
    """
    try:
        wait = seconds_to_wait(f"api:{caller.counted_as}", settings.API_WRITES_PER_MINUTE)
    except RedisError as error:
        logger.warning("calls not counted caller=%s reason=%s", caller.counted_as, error)
        if spends:
            raise HttpError(503, f"Try again in {WINDOW_SECONDS} seconds") from None
        return
    if wait:
        raise Throttled(wait=wait)
