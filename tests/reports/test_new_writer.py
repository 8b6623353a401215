"""A new writer is one file and one line: those of docs/extending.md, taken from there and used."""

from __future__ import annotations

import json
import re
import runpy
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from marketsite import clock
from reports.writing import writers
from reports.writing.asking import ask
from reports.writing.writer_states import is_configured, writer_states
from reports.writing.writers.base import BadAnswer, Usage, WriterRefused
from tests.conftest import ROOT
from tests.documents import text
from tests.reports.writers import PROMPT

PAGE = text("docs/extending.md").partition("\n## A writer\n")[2]
FILE, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GOOD = {"answer": '{"summary": "Đi ngang.", "tone": "neutral"}', "ended": "whole"}


class Vendor(ThreadingHTTPServer):
    """Speaks the made-up vendor's protocol: gives `replies` in turn, then the last again."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[tuple[int, Any]] = [(200, GOOD | {"read": 9, "written": 4, "by": "e-1"})]
        self.asked: list[tuple[str, dict[str, Any]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["Authorization"], body))
        replies = self.server.replies
        status, answer = replies.pop(0) if len(replies) > 1 else replies[0]
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Vendor]:
    """The vendor, and the site with the documented file and line in place, the key set."""
    (tmp_path / "example.py").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(writers, "__path__", [*writers.__path__, str(tmp_path)])
    for name, entry in eval(f"{{{LINE}}}", vars(writers)).items():  # noqa: S307 (our own page)
        monkeypatch.setitem(writers.WRITERS, name, entry)
    running = Vendor()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("EXAMPLE_API_KEY", "example-key")
    monkeypatch.setenv("EXAMPLE_BASE_URL", f"http://127.0.0.1:{running.server_port}")
    monkeypatch.setenv("REPORT_WRITERS", "example,analyst")
    read = runpy.run_path(str(ROOT / "marketsite" / "settings.py"))
    for name in ("EXAMPLE_API_KEY", "EXAMPLE_MODEL", "EXAMPLE_BASE_URL", "REPORT_WRITERS"):
        setattr(settings, name, read[name])
    yield running
    running.shutdown()
    running.server_close()
    sys.modules.pop("reports.writing.writers.example", None)


def test_it_answers_a_prompt_with_its_tokens(vendor: Vendor) -> None:
    answer = ask("example", PROMPT)
    ((key, body),) = vendor.asked
    assert answer.parsed == {"summary": "Đi ngang.", "tone": "neutral"}
    assert (answer.usage, answer.model) == (Usage(9, 4), "e-1")
    assert (key, body["model"], body["rules"]) == ("Bearer example-key", "example-1", PROMPT.system)
    assert body["question"].startswith(PROMPT.text)


def test_its_bad_answer_is_asked_for_again(vendor: Vendor) -> None:
    vendor.replies.insert(0, (200, {"answer": "", "ended": "limit", "read": 9, "written": 1}))
    assert ask("example", PROMPT).usage == Usage(18, 5)
    assert "broke off at the limit of length" in vendor.asked[1][1]["question"]
    vendor.replies = [(200, {"answer": None, "ended": "whole"})]
    with pytest.raises(BadAnswer):
        ask("example", PROMPT)


def test_its_refused_key_is_a_line_in_its_health(vendor: Vendor) -> None:
    vendor.replies = [(401, {"error": {"code": "invalid_api_key", "message": "example-key"}})]
    with pytest.raises(WriterRefused):
        ask("example", PROMPT)
    (state,) = writer_states(clock.now())
    assert (state.name, state.model, state.state) == ("example", "example-1", "open")
    assert state.breaker.reason == "refuses the key, status 401 (invalid_api_key)"


def test_without_its_key_it_is_passed_over(vendor: Vendor, settings: Settings) -> None:
    settings.EXAMPLE_API_KEY = ""
    assert not is_configured("example")
    assert writer_states(clock.now()) == []
