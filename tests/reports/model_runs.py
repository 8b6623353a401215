"""Whole runs with a model, for tests: start one, read it, and speak for the model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from reports.models import Report, Run, Step
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.upstreams import Reply

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)


def finished(trigger: Run.Trigger = Run.Trigger.COMMAND, draft: bool = False) -> Run:
    run, _ = request_run(SLOT, trigger, draft)
    return pipeline.run_to_end(run.pk)


def report_of(run: Run) -> Report:
    assert run.report, run.error
    return run.report


def said(blocks: list[dict[str, Any]], figures: list[dict[str, str]] | None = None) -> Reply:
    """Gemini's answer with this content."""
    return gemini({"blocks": blocks, "figures": figures or []})


def gemini(content: Any) -> Reply:
    text = json.dumps(content, ensure_ascii=False)
    part = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 900, "candidatesTokenCount": 80, "totalTokenCount": 980}
    return Reply(body={"candidates": [part], "usageMetadata": usage})


def paragraph(text: str) -> dict[str, str]:
    return {"kind": "paragraph", "text": text}


def parts_of(run: Run, step: str) -> list[dict[str, Any]]:
    return list(Step.objects.filter(run=run, name=step).values_list("output", flat=True))
