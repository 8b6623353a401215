"""Reading the environment: every form that is accepted, and one line for what is not."""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path

import pytest

from marketsite import environment
from marketsite.environment import BadSetting, Environment, broker_address, redis_database

NAME = "SOME_VALUE"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)
    return Environment()


def refused(env: Environment, kind: str) -> str:
    """The line with which the value of `NAME` is refused."""
    with pytest.raises(BadSetting) as caught:
        getattr(env, kind)(NAME, *{"broker": ["redis://h/0"]}.get(kind, []))
    return str(caught.value)


# Where values come from


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_counts_as_unset(
    env: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    monkeypatch.setenv(f"{NAME}_FILE", value)
    assert env.text(NAME, "fallback") == env.secret(NAME, "fallback") == "fallback"
    assert env.whole(NAME, 7) == 7
    assert env.flag(NAME, default=True)
    with pytest.raises(BadSetting, match=f"^marketsite: {NAME}: is required but not set$"):
        env.secret(NAME)


def test_a_secret_may_lie_in_a_file(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("  of the file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.secret(NAME) == "of the file"


def test_a_secret_given_twice_is_refused_rather_than_guessed(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("one")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(NAME, "another")
    assert refused(env, "secret") == (
        f"marketsite: {NAME}: is set beside {NAME}_FILE: give one of them"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: FileNotFoundError"),
        (b"\xff\xfe", "cannot be read: UnicodeDecodeError"),
        (b" \n", "names an empty file"),
    ],
)
def test_a_secret_file_that_holds_none_is_named(
    env: Environment,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: bytes | None,
    reason: str,
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert refused(env, "secret") == f"marketsite: {NAME}_FILE: {reason}"


def test_the_file_gives_what_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "env"
    lines = [
        "\ufeff# a comment",
        "",
        f"{NAME}=of the file",
        "export GIVEN=file",
        "  EMPTY='file'  ",
    ]
    file.write_text("\r\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("ENV_FILE", str(file))
    monkeypatch.setenv("GIVEN", "environment")
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv(NAME, "")
    env = Environment()
    assert env.text(NAME) == "of the file"
    assert env.text("GIVEN") == "environment"
    assert env.text("EMPTY") == "file"
    assert os.environ[NAME] == "of the file", "children must see it too"


def test_the_file_beside_manage_py_is_read_when_it_exists(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.setenv(NAME, "")
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    assert Environment().text(NAME, "none") == "none"
    (tmp_path / ".env").write_text(f"{NAME}=there\n")
    assert Environment().text(NAME, "none") == "there"


def test_a_named_file_that_does_not_exist_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(BadSetting, match=r"^marketsite: ENV_FILE: cannot be read"):
        Environment()


def test_a_broken_line_of_the_file_is_named_by_number_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "env"
    file.write_text("DEBUG=false\nSECRET_KEY = hunter2\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    with pytest.raises(BadSetting) as caught:
        Environment()
    assert str(caught.value) == "marketsite: ENV_FILE: line 2 is not NAME=value"
    assert "hunter2" not in caplog.text


# Plain values


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("flag", "maybe"),
        ("whole", "1.5"),
        ("whole", "abc5"),
        ("whole", "$HOME"),
        ("whole", "-1"),
        ("real", "2 s"),
        ("real", "nan"),
        ("real", "inf"),
        ("address", "example.org"),
        ("address", "ftp://example.org"),
        ("address", "https://"),
        ("address", "https://user:hunter2@example.org"),
        ("address", "https://example.org:port"),
        ("address", "https://example.org:99999"),
        ("address", "https://exa mple.org"),
        ("address", "https://chợ.example"),
        ("address", "https://example.org/?key=hunter2"),
        ("addresses", "https://example.org/rss,example.org"),
        ("addresses", "https://example.org/rss?key=hunter2#all"),
        ("addresses", "https://user:hunter2@example.org/rss"),
        ("addresses", "https://example.org/rss?q=chợ"),
        ("hosts", "https://example.org"),
        ("hosts", "example.org:8000"),
        ("times", "24:00"),
        ("times", "8"),
        ("times", "08:30,morning"),
        ("times", "08:30+07:00"),
        ("header", "two\nlines"),
        ("header", "Thị trường"),
    ],
)
def test_a_wrong_value_gives_one_line_that_names_the_variable(
    env: Environment, monkeypatch: pytest.MonkeyPatch, kind: str, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    defaults: dict[str, list[object]] = {"flag": [False], "whole": [1], "real": [1.0], "times": []}
    with pytest.raises(BadSetting) as caught:
        getattr(env, kind)(NAME, *defaults.get(kind, [""]))
    line = str(caught.value)
    assert line.startswith(f"marketsite: {NAME}: ")
    assert "\n" not in line
    assert "hunter2" not in line
    assert issubclass(BadSetting, SystemExit)


def test_numbers_keep_to_their_limits(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " 12 ")
    assert env.whole(NAME, 1, 12, 12) == 12
    assert env.real(NAME, 1.0) == 12.0
    with pytest.raises(BadSetting, match="must lie between 13 and 20"):
        env.whole(NAME, 15, 13, 20)


def test_flags_names_and_choices(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, meant in {"TRUE": True, "on": True, "0": False, "no": False}.items():
        monkeypatch.setenv(NAME, text)
        assert env.flag(NAME, default=not meant) is meant
    monkeypatch.setenv(NAME, " b, a ,,b")
    assert env.names(NAME, "", {"a", "b"}) == ["b", "a"]
    with pytest.raises(BadSetting, match=r"does not know b \(known: a\)"):
        env.names(NAME, "", {"a"})
    with pytest.raises(BadSetting, match="must be one of x, y"):
        env.choice(NAME, "x", {"y", "x"})


def test_times_are_sorted_and_take_a_short_hour(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "15:10, 8:30, 15:10")
    assert env.times(NAME) == [time(8, 30), time(15, 10)]


def test_a_site_lives_at_its_hosts_root(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "https://[2001:db8::1]:8443/")
    assert env.address(NAME, "", path=False) == "https://[2001:db8::1]:8443"
    monkeypatch.setenv(NAME, "https://example.org/market/")
    assert env.address(NAME, "") == "https://example.org/market"
    with pytest.raises(BadSetting, match="must end after the host"):
        env.address(NAME, "", path=False)


def test_a_list_of_addresses_keeps_their_queries_and_slashes(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "https://a.example/feed/, http://b.example:8000/rss?kind=news@vi ,")
    assert env.addresses(NAME, "") == [
        "https://a.example/feed/",
        "http://b.example:8000/rss?kind=news@vi",
    ]


# PostgreSQL


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://user:p%40ss%2Fw@db.example:5433/market",
            {"NAME": "market", "USER": "user", "PASSWORD": "p@ss/w", "HOST": "db.example"}
            | {"PORT": "5433", "OPTIONS": {}},
        ),
        (
            "postgres://user@/market?host=/Var/Run/a%20b+c&sslmode=require",
            {"NAME": "market", "USER": "user", "PASSWORD": "", "HOST": "/Var/Run/a b+c"}
            | {"PORT": "", "OPTIONS": {"sslmode": "require"}},
        ),
        (
            "postgresql://one:5432,two:5433/market",
            {"NAME": "market", "USER": "", "PASSWORD": "", "HOST": "one,two"}
            | {"PORT": "5432,5433", "OPTIONS": {}},
        ),
        (
            "postgresql://%2FTmp%2FSockets/market",
            {"NAME": "market", "USER": "", "PASSWORD": "", "HOST": "/Tmp/Sockets"}
            | {"PORT": "", "OPTIONS": {}},
        ),
    ],
)
def test_a_database_address_is_read_as_libpq_reads_it(
    env: Environment, monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]
) -> None:
    monkeypatch.setenv(NAME, url)
    assert env.database(NAME) == {"ENGINE": "django.db.backends.postgresql", **expected}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///hunter2",
        "postgresql://user:hunter2@host",
        "postgresql://user:hunter2@host:x/name",
        "postgresql://user:hunter2@host:70000/name",
        "postgresql://user:hunter2@host/name?sslmod=require",
        "postgresql://user:hunter2@[host/name",
        "postgresql://user:hunter2@host/" + "n" * 64,
        "host=db password=hunter2 dbname=market",
    ],
)
def test_a_wrong_database_address_is_refused_and_not_echoed(
    env: Environment, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(NAME, url)
    assert refused(env, "database") == (
        f"marketsite: {NAME}: must be an address such as postgresql://user@host/name"
    )


# Redis and the broker beside it


@pytest.mark.parametrize(
    "url",
    [
        "http://h/0",
        "redis://",
        "redis://:hunter2@h/zero",
        "redis://:hunter2@h/-1",
        "redis://h/1/2",
        "redis://h:x/0",
        "redis://h:99999/0",
        "redis://:hunter2@h/0?colour=blue",
        "redis://h/0?socket_timeout=soon",
        "unix://",
        "unix:///path?db=x",
    ],
)
def test_a_wrong_redis_address_is_refused_and_not_echoed(
    env: Environment, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(NAME, url)
    for kind in ("redis", "broker"):
        line = refused(env, kind)
        assert line.startswith(f"marketsite: {NAME}: must be redis://host:port/")
        assert "hunter2" not in line


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("redis://h", 0),
        ("redis://h:7000/3", 3),
        ("redis://h/3?db=4", 4),
        ("rediss://h/1?ssl_cert_reqs=none", 1),
        ("unix://user:p%2Fw@/a%20b/valkey.sock?db=2", 2),
    ],
)
def test_the_database_is_the_one_that_the_client_uses(url: str, number: int) -> None:
    assert redis_database(url) == number


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://:p%2Fw@h:7000/3", "redis://:p%2Fw@h:7000/4"),
        ("redis://h/0?db=3&socket_timeout=2", "redis://h/4"),
        ("rediss://h", "rediss://h/1?ssl_cert_reqs=required"),
        ("rediss://h/0?ssl_cert_reqs=none", "rediss://h/1?ssl_cert_reqs=none"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=1"),
        (
            "unix://u:p%2Fw@/a%20b/v.sock?db=2",
            "redis+socket://u:p%2Fw@/a%20b/v.sock?virtual_host=3",
        ),
    ],
)
def test_the_broker_is_the_next_database_in_celerys_spelling(
    env: Environment, url: str, broker: str
) -> None:
    assert env.broker(NAME, url) == broker


@pytest.mark.parametrize(
    ("given", "broker"),
    [
        ("redis://other/0", "redis://other/0"),
        ("unix:///run/v.sock?db=7", "redis+socket:///run/v.sock?virtual_host=7"),
        ("redis+socket:///run/v.sock?virtual_host=7", "redis+socket:///run/v.sock?virtual_host=7"),
    ],
)
def test_a_given_broker_may_be_spelled_either_way(
    env: Environment, monkeypatch: pytest.MonkeyPatch, given: str, broker: str
) -> None:
    monkeypatch.setenv(NAME, given)
    assert env.broker(NAME, "redis://h/0") == broker


@pytest.mark.parametrize(
    ("given", "snapshots"),
    [
        ("redis://h:6379", "redis://:password@h/0"),
        ("redis://h/2", "redis://h/1?db=2"),
        ("redis+socket:///a%20b/v.sock?virtual_host=1", "unix:///a b/v.sock?db=1"),
    ],
)
def test_the_broker_never_shares_the_snapshots_database(
    env: Environment, monkeypatch: pytest.MonkeyPatch, given: str, snapshots: str
) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(BadSetting, match="must not be the snapshot's own database"):
        env.broker(NAME, snapshots)


def test_celery_reaches_the_database_that_the_address_names() -> None:
    """Kombu's own reading of our spelling, on the running server."""
    from kombu import Connection

    url = os.environ["REDIS_URL"]
    number = redis_database(url) + 1
    with Connection(broker_address(url, number)) as connection:
        client = connection.default_channel.client
        client.set("rung", "yes")
        assert client.connection_pool.connection_kwargs["db"] == number
        client.delete("rung")


# Mail


@pytest.mark.parametrize(
    ("address", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://mail.example", 587, True, False),
        ("smtp+tls://mail.example:2525", 2525, True, False),
        ("smtp+ssl://mail.example", 465, False, True),
        ("smtps://mail.example", 465, False, True),
    ],
)
def test_the_scheme_of_a_mail_server_tells_its_encryption_and_its_usual_port(
    env: Environment, monkeypatch: pytest.MonkeyPatch, address: str, port: int, tls: bool, ssl: bool
) -> None:
    monkeypatch.setenv(NAME, address)
    found = env.mail(NAME)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)


def test_user_and_password_of_a_mail_server_are_percent_decoded(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "smtp+tls://lan%40example.org:p%40ss%2Fw%3A%23%25@mail.example:587")
    found = env.mail(NAME)
    assert found["EMAIL_HOST_USER"] == "lan@example.org"
    assert found["EMAIL_HOST_PASSWORD"] == "p@ss/w:#%"


def test_the_address_of_the_mail_server_may_lie_in_a_file(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mail").write_text("smtp://mail.example:2525\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "mail"))
    assert env.mail(NAME)["EMAIL_PORT"] == 2525


def test_without_a_mail_server_there_is_no_host(env: Environment) -> None:
    assert env.mail(NAME) == {"EMAIL_HOST": ""}


@pytest.mark.parametrize(
    "address",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://user:hunter2@",
        "smtp://user:hunter2@:25",
        "smtp://user:hun/ter2@mail.example",
        "smtp+tls://user:hunter2@mail.example:mail",
        "smtp+tls://user:hunter2@mail.example:99999",
    ],
)
def test_what_names_no_mail_server_is_refused_and_not_shown(
    env: Environment, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(NAME, address)
    line = refused(env, "mail")
    assert line.startswith(f"marketsite: {NAME}: ")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "value", ["desk@example.org", "Bàn tin <desk@example.org>", "root@localhost"]
)
def test_a_sender_is_an_address_with_or_without_a_name(
    env: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.sender(NAME, "x@y") == value


@pytest.mark.parametrize(
    "value", ["desk", "@example.org", "desk@", "a@b, c@d", "desk@exa mple.org", "<desk>", "a@b@c"]
)
def test_what_is_no_address_sends_no_mail(
    env: Environment, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(BadSetting, match=f"^marketsite: {NAME}: must be an e-mail address"):
        env.sender(NAME, "x@y")
