"""Read settings from the environment, with one clear line when a value is wrong."""

from __future__ import annotations

import os
import secrets as random_source
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qs, quote, unquote, urlsplit

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


class BadSetting(SystemExit):
    """Stops the start of any process with one line that names the variable."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"marketsite: {name}: {reason}")


def read_dotenv() -> None:
    """Take what `.env`, or the file that `ENV_FILE` names, sets and the environment does not."""
    file = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
    if file.is_file():
        environ.Env.read_env(str(file))


class Environment:
    """Typed reading of environment variables on top of django-environ.

    Each method raises `BadSetting` when the value cannot be used. An empty value counts as unset,
    because that is how compose files and unit files spell "not given".
    """

    def __init__(self) -> None:
        self._env = environ.Env()
        read_dotenv()

    def text(self, name: str, default: str | None = None) -> str:
        value = os.environ.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise BadSetting(name, "is required but not set")
        return default

    def secret(self, name: str, default: str | None = None) -> str:
        """The variable itself, or the content of the file that `<NAME>_FILE` names."""
        file_name = os.environ.get(f"{name}_FILE", "").strip()
        if not file_name:
            return self.text(name, default)
        try:
            value = Path(file_name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{name}_FILE", f"cannot be read: {type(error).__name__}") from None
        if not value:
            raise BadSetting(f"{name}_FILE", "names an empty file")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise BadSetting(name, "must be true or false")

    def whole(self, name: str, default: int, minimum: int = 0, maximum: int = 10**9) -> int:
        return int(self._number(name, default, minimum, maximum, self._env.int))

    def real(self, name: str, default: float, minimum: float = 0, maximum: float = 1e9) -> float:
        return float(self._number(name, default, minimum, maximum, self._env.float))

    def _number(
        self,
        name: str,
        default: float,
        minimum: float,
        maximum: float,
        cast: Callable[[str], float],
    ) -> float:
        if not os.environ.get(name, "").strip():
            return default
        try:
            value = cast(name)
        except ValueError:
            self._refuse(name, "must be a number")
        if not minimum <= value <= maximum:  # also refuses NaN
            self._refuse(name, f"must lie between {minimum} and {maximum}")
        return value

    def names(self, name: str, default: str, allowed: set[str] | None = None) -> list[str]:
        """A comma-separated list in order, without repeats."""
        values = [part.strip() for part in self.text(name, default).split(",") if part.strip()]
        unknown = sorted(set(values) - allowed) if allowed is not None else []
        if unknown:
            known = ", ".join(sorted(allowed or ()))
            self._refuse(name, f"does not know {', '.join(unknown)} (known: {known})")
        return list(dict.fromkeys(values))

    def choice(self, name: str, default: str, allowed: set[str]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self._refuse(name, f"must be one of {', '.join(sorted(allowed))}")
        return value

    def address(self, name: str, default: str) -> str:
        """An http or https address without a trailing slash."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            self._refuse(name, "must be an address such as https://example.org")
        return value

    def times(self, name: str) -> list[time]:
        """Times of day such as `08:30,15:10`, sorted."""
        return sorted({self._time(name, part) for part in self.names(name, "")})

    def _time(self, name: str, text: str) -> time:
        try:
            value = time.fromisoformat(text if len(text) > 4 else f"0{text}")
        except ValueError:
            self._refuse(name, "must be times of day such as 08:30,15:10")
        return value.replace(second=0, microsecond=0, tzinfo=None)

    def database(self, name: str) -> dict[str, object]:
        """Django's database dictionary, from a PostgreSQL address.

        Takes `postgresql://user:password@host:port/name` and libpq's socket form
        `postgresql://user@/name?host=/folder`.
        """
        value = self.secret(name)
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            self._refuse(name, "must be an address such as postgresql://user@host/name")
        database = unquote(parts.path.lstrip("/"))
        if parts.scheme not in {"postgres", "postgresql"} or not database:
            self._refuse(name, "must be an address such as postgresql://user@host/name")
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or "") or options.pop("host", ""),
            "PORT": str(port or options.pop("port", "")),
            "OPTIONS": options,
        }

    def redis(self, name: str) -> str:
        value = self.secret(name)
        try:
            redis_database(value)
        except ValueError:
            self._refuse(name, "must be redis://host:port/0, rediss://… or unix:///path?db=0")
        return value

    def _refuse(self, name: str, reason: str) -> NoReturn:
        raise BadSetting(name, reason)


def redis_database(url: str) -> int:
    """The database number in a Redis address; raises ValueError when it is not one."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path:
        return int(parse_qs(parts.query).get("db", ["0"])[0])
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        _ = parts.port
        return int(parts.path.strip("/") or "0")
    raise ValueError(url)


def broker_address(url: str) -> str:
    """Celery's address for the database beside the one at `url` on the same server.

    The broker's keys must never meet the cache's, and kombu spells sockets differently.
    """
    number = redis_database(url) + 1
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return parts._replace(path=f"/{number}").geturl()
    password = f":{quote(unquote(parts.password))}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}?virtual_host={number}"


def new_secret() -> str:
    return random_source.token_urlsafe(48)
