"""The admin's first page tells of the models that rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from reports.writing.asking import ask
from reports.writing.writers.base import WriterError
from tests.html import Page
from tests.people import editor
from tests.reports.admin import signed_in, url
from tests.reports.writers import PROMPT
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

RESTS = "gemini nghỉ đến 22/8/2026, 14:00 (GMT+7): has no quota left today, status 429"


def runs(client: Client) -> str:
    """What the first page says of runs."""
    page = Page(client.get(url("index")).content)
    return page.one("section", aria_labelledby="desk-run").text.replace("\u00a0", " ")


def test_a_model_that_rests_is_named_with_the_reason(
    models: Upstreams, at: Callable[[str], None]
) -> None:
    models.script("gemini.generate", Reply(fixture="llm/gemini/429_per_day.json"))
    ask("openai", PROMPT)
    with pytest.raises(WriterError):
        ask("gemini", PROMPT)
    client = signed_in(editor())
    told = runs(client)
    assert RESTS in told
    assert "openai" not in told
    at("2026-08-22T07:00:00Z")
    assert "gemini" not in runs(client)
