"""How far a run is: its parts, its bar, and what the run's page adds to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from reports.models import Run, RunBudget, Step
from reports.writing.order import ORDER
from reports.writing.progress import STEP_LABELS, progress_of
from tests.html import Page
from tests.people import editor, staff
from tests.reports.admin import signed_in, told, url

pytestmark = pytest.mark.django_db

SLOT = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


@pytest.fixture
def run() -> Run:
    return Run.objects.create(
        slot=SLOT, state="running", trigger="schedule", created_at=SLOT, heartbeat=datetime.now(UTC)
    )


def finish(run: Run, name: str, part: int = 0, final: bool = True) -> None:
    Step.objects.create(
        run=run, name=name, part=part, final=final, input_hash="", output={}, seconds=1.25,
        attempt=1, finished_at=SLOT,
    )  # fmt: skip


def news(client: Client, run: Run) -> dict[str, Any]:
    found: dict[str, Any] = client.get(url("reports_run_progress", run.pk)).json()
    return found


def test_each_step_has_a_name_for_people() -> None:
    assert set(ORDER) <= set(STEP_LABELS)


def test_a_step_is_done_with_its_final_part_alone(run: Run) -> None:
    first, second, *_ = ORDER
    finish(run, first)
    for part in range(3):
        finish(run, second, part, final=False)
    progress = progress_of(run)
    assert (progress.done, progress.current and progress.current.name) == (1, second)
    step = progress.steps[1]
    assert (step.state, step.parts, step.took) == ("now", 3, 3.75)
    assert step.title == f"{STEP_LABELS[second]}, phần 4"
    finish(run, second, 3)
    assert progress_of(run).steps[1].state == "done"
    assert progress_of(run).done == 2


def test_the_bar_moves_with_every_part_and_is_full_at_the_end_alone(run: Run) -> None:
    seen = [progress_of(run).percent]
    for name in ORDER:
        for part in range(4 if name in {"write", "translate"} else 1):
            finish(run, name, part, final=False)
            seen.append(progress_of(run).percent)
        Step.objects.filter(run=run, name=name, part=part).update(final=True)
        seen.append(progress_of(run).percent)
    assert seen == sorted(seen)
    assert len(set(seen)) > len(ORDER)
    assert (seen[0], seen[-1]) == (0, 100)
    assert seen[-2] < 100


def test_a_step_after_one_that_is_to_be_done_again_does_not_count(run: Run) -> None:
    finish(run, ORDER[1])
    progress = progress_of(run)
    assert (progress.done, [step.state for step in progress.steps][:2]) == (0, ["now", "next"])


# The run's page


def test_the_page_shows_part_cost_and_notes_and_renews_them(run: Run) -> None:
    client = signed_in(editor())
    address = url("reports_run_change", run.pk)
    page = Page(client.get(address).content)
    spent = next(item for item in page.elements if "data-spent" in item.attributes)
    assert spent.get("hidden") == ""
    assert news(client, run)["spent"] == ""
    finish(run, ORDER[0], final=False)
    RunBudget.objects.create(run=run, calls=12, tokens=34567, cost=Decimal("0.0123"))
    Run.objects.update(notes=["gemini: the day's quota is used up"])
    for found in (Page(client.get(address).content).text, str(news(client, run))):
        assert f"{STEP_LABELS[ORDER[0]]}, phần 2" in found
        assert "12 lần gọi mô hình, 34.567 token, 0,0123 USD" in found
        assert "the day's quota is used up" in found


@pytest.mark.parametrize(
    ("state", "button"), [("waiting", 1), ("running", 1), ("done", 0), ("cancelled", 0)]
)
def test_what_has_not_ended_can_be_cancelled(run: Run, state: str, button: int) -> None:
    Run.objects.update(state=state)
    client = signed_in(editor())
    page = Page(client.get(url("reports_run_change", run.pk)).content)
    assert len(page.all("form", action=url("reports_run_cancel", run.pk))) == button
    page = Page(signed_in(staff("reports.view_run")).get(url("reports_run_change", run.pk)).content)
    assert page.all("form", action=url("reports_run_cancel", run.pk)) == []


@pytest.mark.parametrize(
    ("state", "message"), [("running", "Đã hủy lượt viết."), ("done", "Lượt viết đã kết thúc rồi.")]
)
def test_cancelling_says_what_became_of_it(run: Run, state: str, message: str) -> None:
    Run.objects.update(state=state)
    response = signed_in(editor()).post(url("reports_run_cancel", run.pk))
    assert told(response) == [message]


def test_a_cancelled_run_can_be_resumed_with_its_finished_parts(
    run: Run, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    finish(run, ORDER[0])
    Step.objects.update(output={"text": "long"})
    client = signed_in(editor())
    client.post(url("reports_run_cancel", run.pk))
    page = Page(client.get(url("reports_run_change", run.pk)).content)
    assert page.one("form", action=url("reports_run_retry", run.pk)).text == "Viết tiếp"
    client.post(url("reports_run_retry", run.pk))
    run.refresh_from_db()
    assert (run.state, run.finished_at) == ("waiting", None)
    assert run.steps.count() == 1
