"""Log lines: one JSON object each, whatever stands in it, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import subprocess
import sys
from typing import Any

import pytest

from marketsite.logs import JsonFormatter, log_settings
from tests.conftest import ROOT, Manage

PASSWORD = "correct-horse-battery"


def lines(write: Any) -> list[dict[str, Any]]:
    """The objects that `write(logger)` leaves in a log, read line by line as any reader would."""
    stream = io.StringIO()
    logger = logging.Logger("market.refresh")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    write(logger)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_logger_and_message() -> None:
    (line,) = lines(lambda logger: logger.warning("source failed source=%s", "vietcap"))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "market.refresh",
        "message": "source failed source=vietcap",
    }


@pytest.mark.parametrize(
    "text",
    ["two\nlines\r\n", "Thị trường 🙂", 'quoted " \\', "a\u2028b\u2029c\x85d\x0be", "\x00\x1b["],
)
def test_any_text_stays_one_line_and_comes_back_whole(text: str) -> None:
    (line,) = lines(lambda logger: logger.error("%s", text))
    assert line["message"] == text


def test_vietnamese_stays_readable_in_the_line() -> None:
    record = logging.LogRecord("a", logging.INFO, "", 1, "Thị trường", (), None)
    assert "Thị trường" in JsonFormatter().format(record)


def test_a_traceback_and_a_stack_stand_inside_the_object() -> None:
    def write(logger: logging.Logger) -> None:
        try:
            raise ValueError("no\nprice")
        except ValueError:
            logger.exception("refused", stack_info=True)

    (line,) = lines(write)
    assert line["message"] == "refused"
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: no\nprice")
    assert "test_logs.py" in line["stack"]


@pytest.mark.parametrize(("level", "django"), [("DEBUG", "INFO"), ("ERROR", "ERROR")])
def test_django_keeps_to_the_level_but_never_logs_statements(level: str, django: str) -> None:
    configured = log_settings("json", level)
    assert configured["root"]["level"] == level
    assert configured["loggers"]["django"]["level"] == django


def test_a_command_logs_json_alone(manage: Manage) -> None:
    done = manage("refresh_indices", LOG_FORMAT="json")
    assert done.returncode == 0
    written = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("Memory cleanup completed" in line["message"] for line in written)


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_server_that_refuses_us_costs_no_password(style: str) -> None:
    """What database, cache and broker say of a connection that fails, at the most talkative."""
    script = (
        "import django, logging; django.setup();"
        "from django.db import connection;"
        "from marketsite.redis import client;"
        "from marketsite.celery import app;"
        "log = logging.getLogger('test')\n"
        "def broker(): app.connection().ensure_connection(max_retries=0)\n"
        "for ask in (connection.ensure_connection, lambda: client().ping(), broker):\n"
        "    try: ask()\n"
        "    except Exception: log.exception('failed')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            "PATH": os.defpath,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "marketsite.settings",
            "SECRET_KEY": f"{PASSWORD}-and-more-letters",
            "DATABASE_URL": f"postgresql://user:{PASSWORD}@127.0.0.1:9/none",
            "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:9/0",
            "LOG_FORMAT": style,
            "LOG_LEVEL": "DEBUG",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Traceback (most recent call last)") >= 3
    assert PASSWORD not in done.stderr + done.stdout
