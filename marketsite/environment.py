"""Read settings from the environment, with one clear line when a value is wrong."""

from __future__ import annotations

import io
import os
import re
import secrets as random_source
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import environ
import psycopg2
import redis
from psycopg2.extensions import parse_dsn

BASE_DIR = Path(__file__).resolve().parent.parent
DOTENV_LINE = re.compile(r"(#.*|(export )?[A-Za-z_][A-Za-z0-9_]*=.*)?")
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\]")
QUERY = re.compile(r"[!\"$-~]*")  # of plain ASCII, without a fragment
TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "smtps": 465}
MAIL_ADDRESS = r"[^\s@<>,;:\"()\\\[\]]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
CONTACT = re.compile(MAIL_ADDRESS)
SENDER = re.compile(rf"{MAIL_ADDRESS}|[^<>@,;\r\n]+ <{MAIL_ADDRESS}>")
LONGEST_DATABASE_NAME = 63


class BadSetting(SystemExit):
    """Stops the start of any process with one line that names the variable."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"marketsite: {name}: {reason}")


class _DotEnv(environ.Env):  # type: ignore[misc]  # it ships no types
    """django-environ's reader, collecting into a dictionary of its own."""

    ENVIRON: dict[str, str]


def read_dotenv() -> None:
    """Take what `.env`, or the file that `ENV_FILE` names, sets and the environment does not."""
    named = os.environ.get("ENV_FILE", "").strip()
    file = Path(named or BASE_DIR / ".env")
    if not named and not file.exists():
        return
    label = "ENV_FILE" if named else ".env"
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(label, f"cannot be read: {type(error).__name__}") from None
    for number, line in enumerate(lines, start=1):
        if not DOTENV_LINE.fullmatch(line):  # the reader would log the line, secret and all
            raise BadSetting(label, f"line {number} is not NAME=value")
    _DotEnv.ENVIRON = {}
    _DotEnv.read_env(io.StringIO("\n".join(lines)))
    for name, value in _DotEnv.ENVIRON.items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value


class Environment:
    """Typed reading of environment variables on top of django-environ.

    Each method raises `BadSetting` when the value cannot be used. An empty value counts as unset,
    because that is how compose files and unit files spell "not given".
    """

    def __init__(self) -> None:
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
        if os.environ.get(name, "").strip():
            self._refuse(name, f"is set beside {name}_FILE: give one of them")
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
        return int(self._number(name, default, minimum, maximum, int))

    def real(self, name: str, default: float, minimum: float = 0, maximum: float = 1e9) -> float:
        return float(self._number(name, default, minimum, maximum, float))

    def _number(
        self,
        name: str,
        default: float,
        minimum: float,
        maximum: float,
        cast: Callable[[str], float],
    ) -> float:
        text = self.text(name, "")
        if not text:
            return default
        try:
            value = cast(text)
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

    def address(self, name: str, default: str, path: bool = True) -> str:
        """An http or https address without a trailing slash; without `path`, of a host alone."""
        value = self.text(name, default).rstrip("/")
        if not _is_address(value):
            self._refuse(name, "must be an address such as https://example.org")
        if not path and urlsplit(value).path:
            self._refuse(name, "must end after the host: the site lives at its root")
        return value

    def addresses(self, name: str, default: str) -> list[str]:
        """A list of http and https addresses, each with the query that it needs."""
        values = self.names(name, default)
        parts = [value.partition("?") for value in values]
        if not all(_is_address(page) and QUERY.fullmatch(query) for page, _, query in parts):
            self._refuse(name, "must be addresses such as https://example.org/rss, with commas")
        return values

    def addresses_by_name(self, name: str, known: set[str]) -> dict[str, str]:
        """Addresses from `vietcap=https://example.org/,kbs=...`; none when unset."""
        pairs = [value.partition("=") for value in self.names(name, "")]
        found = {key.strip(): address.strip() for key, _, address in pairs}
        unknown = sorted(set(found) - known)
        if unknown:
            self._refuse(name, f"does not know {', '.join(unknown)}")
        if not all(map(_is_address, found.values())):
            self._refuse(name, "must be names and addresses such as vietcap=https://example.org/")
        return found

    def header(self, name: str, default: str) -> str:
        """What an HTTP header may hold."""
        value = self.text(name, default)
        if not (value.isascii() and value.isprintable()):
            self._refuse(name, "must be one line of plain ASCII")
        return value

    def mail(self, name: str) -> dict[str, Any]:
        """Django's mail settings from `smtp+tls://user:password@host:587`; no host when unset.

        Reserved characters of user and password are percent-encoded.
        """
        value = self.secret(name, "")
        if not value:
            return {"EMAIL_HOST": ""}
        usual = MAIL_PORTS.get(urlsplit(value).scheme)
        if usual is None:
            self._refuse(name, "must be an address such as smtp+tls://user:password@host:587")
        try:
            found: dict[str, Any] = environ.Env.email_url_config(value)
        except (ValueError, KeyError, AttributeError):
            self._refuse(name, "must be an address such as smtp+tls://user:password@host:587")
        if not found.get("EMAIL_HOST"):
            self._refuse(name, "names no host")
        encrypted = urlsplit(value).scheme in {"smtps", "smtp+ssl"}  # from the first byte on
        return found | {
            "EMAIL_PORT": found["EMAIL_PORT"] or usual,
            "EMAIL_USE_SSL": encrypted,
            "EMAIL_USE_TLS": urlsplit(value).scheme == "smtp+tls",
        }

    def sender(self, name: str, default: str) -> str:
        """An e-mail address, alone or as `Name <name@example.org>`."""
        value = self.text(name, default)
        if value != default and not SENDER.fullmatch(value):
            self._refuse(name, "must be an e-mail address such as desk@example.org")
        return value

    def contact(self, name: str) -> str:
        """A bare e-mail address; "" when unset."""
        value = self.text(name, "")
        if value and not CONTACT.fullmatch(value):
            self._refuse(name, "must be an e-mail address such as desk@example.org")
        return value

    def hosts(self, name: str, default: str) -> list[str]:
        """Host names as `ALLOWED_HOSTS` takes them."""
        values = self.names(name, default)
        if not all(HOST_NAME.fullmatch(value) for value in values):
            self._refuse(name, "must be host names such as example.org, without scheme or port")
        return values

    def times(self, name: str) -> list[time]:
        """Times of day such as `08:30,15:10`, sorted."""
        return sorted({self._time(name, part) for part in self.names(name, "")})

    def _time(self, name: str, text: str) -> time:
        if not TIME_OF_DAY.fullmatch(text):
            self._refuse(name, "must be times of day such as 08:30,15:10")
        return time.fromisoformat(text.zfill(5))

    def database(self, name: str, otherwise: str | None = None) -> dict[str, Any]:
        """Django's database dictionary, from a PostgreSQL address; when unset, of `otherwise`.

        Takes what libpq takes: `postgresql://user:password@host:port/name` and its socket form
        `postgresql://user@/name?host=/folder`.
        """
        value = self.secret(name, "" if otherwise else None)
        if not value and otherwise:
            return self.database(otherwise)
        try:
            options = parse_dsn(value) if re.match("postgres(ql)?://", value) else {}
        except psycopg2.Error:
            options = {}
        database, port = options.pop("dbname", ""), options.pop("port", "")
        if not 0 < len(database) <= LONGEST_DATABASE_NAME or not _are_ports(port):
            self._refuse(name, "must be an address such as postgresql://user@host/name")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": options.pop("user", ""),
            "PASSWORD": options.pop("password", ""),
            "HOST": options.pop("host", ""),
            "PORT": port,
            "OPTIONS": options,
        }

    def redis(self, name: str) -> str:
        value = self.secret(name)
        try:
            redis_database(value)
        except ValueError:
            self._refuse(name, "must be redis://host:port/0, rediss://… or unix:///path?db=0")
        return value

    def broker(self, name: str, redis_url: str) -> str:
        """Celery's address of the broker: by default the database after the one of `redis_url`.

        A given one is written as `REDIS_URL` is, or as Celery does (`redis+socket://…`).
        """
        value = self.secret(name, "")
        if not value:
            return broker_address(redis_url, redis_database(redis_url) + 1)
        if value.startswith("redis+socket:"):
            value = value.replace("redis+socket:", "unix:", 1).replace("virtual_host=", "db=", 1)
        try:
            number = redis_database(value)
        except ValueError:
            self._refuse(name, "must be redis://host:port/1, rediss://… or unix:///path?db=1")
        if _place(value) == _place(redis_url):
            self._refuse(name, "must not be the snapshot's own database")
        return broker_address(value, number)

    def _refuse(self, name: str, reason: str) -> NoReturn:
        raise BadSetting(name, reason)


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return False
    host = parts.netloc.removesuffix(f":{parts.port}")
    plain = value.isascii() and not re.search(r"[\s?#@*]", value)
    return usable and plain and HOST_NAME.fullmatch(host) is not None


def _are_ports(text: str) -> bool:
    """Whether each of libpq's comma-separated ports can be one; none at all means the default."""
    ports = [port for port in text.split(",") if port]
    return all(port.isdecimal() and 0 < int(port) < 65536 for port in ports)


def redis_database(url: str) -> int:
    """The database number in a Redis address; raises ValueError when it is not one."""
    parts = urlsplit(url)
    try:
        pool = redis.ConnectionPool.from_url(url)
        pool.make_connection()  # connects to nothing, and refuses options that it does not know
    except TypeError as error:
        raise ValueError("an option is not known") from error
    path_fits = parts.path if parts.scheme == "unix" else re.fullmatch(r"(/\d*)?", parts.path)
    number = int(pool.connection_kwargs.get("db") or 0)
    if not path_fits or not (parts.hostname or parts.scheme == "unix") or number < 0:
        raise ValueError("no host, path or database number")
    return number


def broker_address(url: str, number: int) -> str:
    """Celery's address of the database `number` on the server of `url`.

    The broker's keys must never meet the cache's, kombu spells sockets differently, and of the
    options it takes those of TLS alone; without one it would trust any certificate.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        login = parts.netloc.rpartition("@")[0]
        path = quote(unquote(parts.path))
        return f"redis+socket://{login + '@' if login else ''}{path}?virtual_host={number}"
    given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    tls = {key: value for key, value in given.items() if key.startswith("ssl_")}
    if parts.scheme == "rediss":
        tls = {"ssl_cert_reqs": "required", **tls}
    return parts._replace(path=f"/{number}", query=urlencode(tls)).geturl()


def _place(url: str) -> tuple[str, int]:
    """Which server and database a Redis address means."""
    parts = urlsplit(url)
    server = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
    return unquote(server), redis_database(url)


def new_secret() -> str:
    return random_source.token_urlsafe(48)
