"""The settings as each process reads them: refusals, and what follows from SITE_URL."""

from __future__ import annotations

import os
import re
import runpy
import secrets
import subprocess
import sys
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError
from django.test import Client

from marketsite.environment import BadSetting
from marketsite.locks import held
from tests.conftest import ROOT, database_url

PASSWORD = "hunter2-hunter2"
BASE = {
    "PATH": os.environ["PATH"],
    "ENV_FILE": os.devnull,
    "SECRET_KEY": secrets.token_urlsafe(48),
    "DATABASE_URL": f"postgresql://user:{PASSWORD}@127.0.0.1:9/none",
    "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:9/0",
}
WRONG = {
    "ALLOWED_HOSTS": "https://example.org",
    "API_WRITES_PER_MINUTE": "0",
    "AUTO_REPORT_INTERVAL_HOURS": "0",
    "AUTO_REPORT_SCHEDULE_TIMES": "8 o'clock",
    "BEHIND_PROXY": "nginx",
    "CELERY_BEAT_SCHEDULER": "no class",
    "CELERY_BROKER_URL": f"amqp://user:{PASSWORD}@host//",
    "CELERY_CONCURRENCY": "0",
    "CONTACT_EMAIL": "the desk",
    "CRYPTO_SOURCES": "binance,vietcap",
    "DATABASE_DIRECT_URL": f"mysql://user:{PASSWORD}@host/name",
    "DATABASE_TIMEOUT_SECONDS": "0",
    "DATABASE_URL": f"mysql://user:{PASSWORD}@host/name",
    "DEBUG": "2",
    "DEFAULT_FROM_EMAIL": "the desk",
    "EDGE_MEMORY_MB": "a lot",
    "EMAIL_URL": f"smtp://user:{PASSWORD}@",
    "ENABLE_AUTO_REPORT_SCHEDULER": "sometimes",
    "ENV_FILE": "/nowhere/at/all",
    "GEMINI_API_KEY": f"{PASSWORD} khóa",
    "GEMINI_BASE_URL": "generativelanguage.googleapis.com",
    "GEMINI_MODEL": "mô hình",
    "GEMINI_SEARCH_GROUNDING": "maybe",
    "GEMINI_THINKING": "hard",
    "LLM_MAX_BYTES": "2 MB",
    "LLM_RETRY_SECONDS": "-1",
    "LLM_TOTAL_SECONDS": "0",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "loud",
    "MARKETSITE_CLOCK": "tomorrow",
    "MARKET_BACKFILL_BARS": "0",
    "MARKET_BAR_SOURCES": "vietcap,cafef",
    "MARKET_CONFIRM_SECONDS": "0",
    "MARKET_CONFIRM_SOURCES": "binance",
    "MARKET_CONNECT_SECONDS": "0",
    "MARKET_DEMO": "always",
    "MARKET_IDLE_SECONDS": "0",
    "MARKET_MAX_BYTES": "2 MB",
    "MARKET_REFERERS": "vietcap=here",
    "MARKET_REFRESH_SECONDS": "1",
    "MARKET_SNAPSHOT_SECONDS": "forever",
    "MARKET_SOURCES": "vietcap,bloomberg",
    "MARKET_TOTAL_SECONDS": "nan",
    "MARKET_USER_AGENT": "Thị trường",
    "MAX_REPORT_ATTEMPTS": "0",
    "METRICS_TOKEN": "hunter2",
    "OPENAI_API_KEY": f"{PASSWORD}\n{PASSWORD}",
    "OPENAI_BASE_URL": "localhost:11434",
    "OPENAI_MODEL": "mô hình",
    "QUOTE_RETENTION_DAYS": "0",
    "REDIS_POOL_SIZE": "0",
    "REDIS_TIMEOUT_SECONDS": "0",
    "REDIS_URL": f"redis://:{PASSWORD}@host/zero",
    "REJECTED_RETENTION_DAYS": "0",
    "REPORT_CHECK_SECONDS": "0",
    "REPORT_MAX_CALLS_PER_RUN": "0",
    "REPORT_MAX_COST_PER_DAY": "-1",
    "REPORT_MAX_TOKENS_PER_RUN": "999",
    "REPORT_ORIGINAL_VIEW": "perhaps",
    "REPORT_PRICES": "gpt-5-mini=cheap",
    "REPORT_WRITERS": "shakespeare",
    "RESEARCH_ALLOW_PRIVATE": "perhaps",
    "RESEARCH_FEEDS": f"https://user:{PASSWORD}@example.org/rss",
    "RESEARCH_FEED_ITEMS": "0",
    "RESEARCH_FEED_SECONDS": "0",
    "RESEARCH_MAX_AGE_HOURS": "0",
    "RESEARCH_MAX_BYTES": "2 MB",
    "RESEARCH_MAX_ITEMS": "1000",
    "RESEARCH_SOURCES": "rumours",
    "RESEARCH_TOTAL_SECONDS": "nan",
    "RUN_HEARTBEAT_SECONDS": "0",
    "RUN_PART_SECONDS": "0",
    "RUN_RETENTION_DAYS": "0",
    "RUN_RETRY_SECONDS": "-1",
    "RUN_STALE_SECONDS": "9.9",  # not longer than the heartbeat
    "RUN_SWEEP_SECONDS": "0",
    "RUN_WAITING_SECONDS": "0",
    "SECRET_KEY": "hunter2",
    "SECURE_SSL_REDIRECT": "maybe",
    "SITE_URL": "https://example.org/market",
    "VIETCAP_BASE_URL": "vietcap",
    "VNDIRECT_BASE_URL": "file:///etc/passwd",
    "WORKER_MAX_MEMORY_KB": "-1",
}
FREE = {"STATIC_ROOT"}  # any path may be one


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """The settings of a process with these variables and the required ones alone."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in (BASE | variables).items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "marketsite" / "settings.py"))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_stops_the_start_and_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(BadSetting) as caught:
        read(monkeypatch, **{name: WRONG[name]})
    assert re.fullmatch(rf"marketsite: {name}: [^\n]+", str(caught.value))
    assert "hunter2" not in str(caught.value)


def test_no_variable_escapes_the_test_above() -> None:
    source = (ROOT / "marketsite" / "settings.py").read_text(encoding="utf-8")
    asked = set(re.findall(r"\benv\.\w+\(\s*[\"']([A-Z_]+)[\"']", source))
    assert len(asked) > 30
    assert asked - FREE <= set(WRONG)


@pytest.mark.parametrize("key", ["x" * 50, "changeme" * 8 + "!"])
def test_a_secret_key_that_anybody_could_guess_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with pytest.raises(BadSetting, match=r"^marketsite: SECRET_KEY: must be random"):
        read(monkeypatch, SECRET_KEY=key)


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (["manage.py", "check"], "DATABASE_URL", WRONG["DATABASE_URL"]),
        (["-m", "marketsite.worker"], "SECRET_KEY", "hunter2"),
        (["-m", "marketsite.run"], "PORT", "http"),
    ],
)
def test_a_process_ends_with_that_one_line(command: list[str], name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=BASE | {name: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(rf"marketsite: {name}: [^\n]+\n", done.stderr)
    assert "hunter2" not in done.stderr + done.stdout


def test_https_switches_follow_the_sites_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    switches = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    )
    secure = read(monkeypatch, SITE_URL="https://market.example:8443")
    plain = read(monkeypatch, SITE_URL="http://market.example")
    assert all(secure[name] for name in switches)
    assert not any(plain[name] for name in switches)
    assert secure["CSRF_TRUSTED_ORIGINS"] == ["https://market.example:8443"]
    assert "market.example" in secure["ALLOWED_HOSTS"]
    assert "SECURE_PROXY_SSL_HEADER" not in secure, "only a proxy may say that it was HTTPS"
    behind = read(monkeypatch, SITE_URL="https://market.example", BEHIND_PROXY="true")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_a_site_on_an_ipv6_address_answers_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        "[2001:db8::1]" in read(monkeypatch, SITE_URL="http://[2001:db8::1]:8000")["ALLOWED_HOSTS"]
    )


def test_health_is_answered_without_the_redirect_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/healthz").status_code == client.get("/health").status_code == 200
    assert client.get("/admin/").status_code == 301


def test_the_deployment_check_is_clean() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        cwd=ROOT,
        env=BASE | {"SITE_URL": "https://market.example", "LOG_FORMAT": "text"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.django_db
def test_no_statement_runs_for_ever_whatever_the_address_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time-out stands beside the operator's own server options."""
    join = "&" if "?" in database_url() else "?"
    url = f"{database_url()}{join}options=-c%20work_mem%3D5MB&application_name=mine"
    database = read(monkeypatch, DATABASE_URL=url, DATABASE_TIMEOUT_SECONDS="7")["DATABASES"]
    options = database["default"]["OPTIONS"]
    with (
        psycopg2.connect(
            host=database["default"]["HOST"],
            port=database["default"]["PORT"] or None,
            user=database["default"]["USER"],
            password=database["default"]["PASSWORD"],
            dbname=database["default"]["NAME"],
            **options,
        ) as own,
        own.cursor() as cursor,
    ):
        shown = []
        for name in ("statement_timeout", "work_mem", "application_name"):
            cursor.execute(f"SHOW {name}")
            shown.append(cursor.fetchone()[0])  # type: ignore[index]
    own.close()
    assert shown == ["7s", "5MB", "mine"]


def test_a_pooler_gets_no_session_and_what_needs_one_goes_past_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = read(monkeypatch)
    assert usual["DATABASE_DIRECT"] == {}
    assert not usual["DATABASES"]["default"]["DISABLE_SERVER_SIDE_CURSORS"]
    direct = "postgresql://user@db/none?application_name=direct"
    found = read(monkeypatch, DATABASE_DIRECT_URL=direct, DATABASE_TIMEOUT_SECONDS="7")
    pooled = found["DATABASES"]["default"]
    assert (pooled["HOST"], found["DATABASE_DIRECT"]["HOST"]) == ("127.0.0.1", "db")
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"]
    assert "options" not in pooled["OPTIONS"]
    assert found["DATABASE_DIRECT"]["OPTIONS"] == usual["DATABASES"]["default"]["OPTIONS"] | {
        "application_name": "direct",
        "options": "-c statement_timeout=7000",
    }


def test_locks_are_taken_past_the_pooler(db: None, settings: Any) -> None:
    """`DATABASE_URL` is the test's; the lock looks for the other address, where nobody answers."""
    settings.DATABASE_DIRECT = {"HOST": "127.0.0.1", "PORT": "9"}
    with pytest.raises(OperationalError, match="port 9 failed"), held("refresh"):
        pass
