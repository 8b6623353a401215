"""The model writers at the local servers, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from market.http import HttpClient
from reports.writing.writers import WRITERS, model_writer
from reports.writing.writers.base import ModelWriter, Options, Prompt
from tests.upstreams import Upstreams
from tests.upstreams.replies import FIXTURES

KEY = "AIzaSyD-planted_KEY-0123456789"
ENDPOINTS = {"gemini": "gemini.generate", "openai": "openai.chat"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "maxLength": 200},
        "tone": {"type": "string", "enum": ["bullish", "bearish", "neutral"]},
    },
    "required": ["summary", "tone"],
    "additionalProperties": False,
}
PROMPT = Prompt("Bạn là nhà phân tích.", "Viết một câu về VN-Index.", SCHEMA, purpose="write trend")
PLAIN = Prompt("Bạn là nhà phân tích.", "Viết một câu về VN-Index.")


def samples(name: str) -> list[str]:
    """The recorded answers of a model's vendor, as fixtures."""
    return sorted(
        str(file.relative_to(FIXTURES)) for file in Path(FIXTURES / "llm" / name).iterdir()
    )


@contextmanager
def reached(up: Upstreams, name: str, **changes: Any) -> Iterator[ModelWriter]:
    """A model writer at the local server; `changes` are of its options."""
    base = up.environment[f"{name.upper()}_BASE_URL"]
    options = {"api_key": KEY, "model": WRITERS[name].model, "base_url": base} | changes
    with HttpClient(1.0, 5.0, 200_000, 0) as client:
        yield model_writer(name, client, Options(**options))
