"""Log lines: JSON for machines, one readable line for people."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

# What some readers take for the end of a line, and JSON leaves as it is
LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, ensure_ascii=False).translate(LINE_ENDS)


def log_settings(style: str, level: str) -> dict[str, Any]:
    """Django's `LOGGING`; `style` is json or text. Everything goes to standard error.

    Django's own debug lines stay out: they hold every SQL statement with its values.
    """
    django = {
        "handlers": ["stderr"],
        "level": "INFO" if level == "DEBUG" else level,
        "propagate": False,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "marketsite.logs.JsonFormatter"},
            "text": {"format": "%(levelname)s %(name)s %(message)s"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": django,
            "django.server": django,
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
