"""Whole runs with a model: who writes, what is proven, what happens when it goes wrong."""

from __future__ import annotations

import json

import pytest
from pytest_django import Settings

from reports.models import Report, Run, Step
from reports.writing import pipeline
from reports.writing.budget import run_totals
from reports.writing.runs import request_run
from tests.reports.model_runs import SLOT, finished, gemini, paragraph, parts_of, report_of, said
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

ENDPOINTS = {"gemini": "gemini.generate", "openai": "openai.chat"}


# A good run


@pytest.mark.parametrize("writer", ["gemini", "openai"])
def test_a_model_writes_a_proven_report_in_both_languages(
    numbers: Upstreams, settings: Settings, writer: str
) -> None:
    settings.REPORT_WRITERS = [writer, "analyst"]
    run = finished()
    report = report_of(run)
    assert (report.status, report.writer) == (Report.Status.PUBLISHED, writer)
    assert report.verification["figures"] == report.verification["matched"] > 20
    assert "1.768,12" in report.html_content
    assert "1,768.12" in report.html_content_en
    assert report.title_en
    assert not report.translation_pending
    filled = [part["place"] for part in parts_of(run, "write")[1:]]
    assert filled[-1] == "headline"
    assert filled[:3] == ["what-happened", "indices", "trend"]
    assert {part["place"] for part in parts_of(run, "translate")[:-1]} == set(filled)
    assert set(report.prompts) >= {"system", "headline", "what-happened", "translate"}
    spent = run_totals(run.pk)
    assert spent.calls == len(numbers.calls_to(ENDPOINTS[writer])) == 2 * len(filled)
    assert spent.prompt_tokens > 0


def test_the_tables_and_charts_are_ours_and_stand_where_they_always_do(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["analyst"]
    by_rules = report_of(finished())
    Run.objects.all().delete()
    Report.objects.all().delete()
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    by_model = report_of(finished())

    def kinds(report: Report) -> dict[str, list[str]]:
        ours = ("table", "figure", "scenarios", "evidence")
        assert report.document
        return {
            section["id"]: [item["kind"] for item in section["blocks"] if item["kind"] in ours]
            for section in report.document["sections"]
        }

    assert kinds(by_model) == kinds(by_rules)
    assert by_model.document != by_rules.document


def test_no_part_holds_more_than_one_place(numbers: Upstreams, settings: Settings) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    run = finished()
    for part in parts_of(run, "write")[1:]:
        assert len(json.dumps(part)) < 6000
    usage = Step.objects.filter(run=run, name="write", part=1).values_list("usage", flat=True)
    assert usage[0]["writer"] == "gemini"
    assert usage[0]["prompt"] > 0


# Figures


FAULTS = [
    (paragraph("VN-Index tăng 33,99 điểm, lên {{vnindex.close}} điểm."), "33,99"),
    (paragraph("VN-Index giảm {{vnindex.change|abs}} điểm."), "vnindex.change"),
    (paragraph("VN30 đóng cửa ở {{vnindex.close}} điểm."), "vnindex.close"),
    (paragraph("VN-Index có thể lên {{vnindex.target}} điểm."), "vnindex.target"),
]


@pytest.mark.parametrize(("wrong", "figure"), FAULTS, ids=[figure for _, figure in FAULTS])
def test_a_fault_is_named_to_the_writer_and_its_correction_is_published(
    numbers: Upstreams, settings: Settings, wrong: dict[str, str], figure: str
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    numbers.script("gemini.generate", said([wrong]))
    run = finished()
    report = report_of(run)
    assert (report.status, report.writer) == (Report.Status.PUBLISHED, "gemini")
    corrections = [part["place"] for part in parts_of(run, "verify")[1:-1]]
    assert corrections == ["what-happened"]
    (asked,) = [call for call in numbers.calls if b"<problem>" in call.body]
    assert figure in asked.body.decode()


def test_what_stays_wrong_is_cut_and_an_editor_decides_while_a_note_is_public(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    wrong = said([paragraph("VN-Index tăng 99,99 điểm. Số liệu chốt ở {{vnindex.close}} điểm.")])
    filled = len(["what-happened"])
    natural = [Reply()] * (7 - filled)
    numbers.script("gemini.generate", wrong)
    places = 0
    run, _ = request_run(SLOT, Run.Trigger.COMMAND)
    while not parts_of(run, "verify"):
        pipeline.advance(run.pk)
        places = len(parts_of(run, "write")) - 1
    assert places >= len(natural) - 1
    numbers.script("gemini.generate", wrong)  # the correction is as bad
    run = pipeline.run_to_end(run.pk)
    report = report_of(run)
    assert report.status == Report.Status.REVIEW
    assert "99,99" not in report.html_content
    assert "[…]" in report.html_content
    failed = [row for row in report.verification["checks"] if not row["passed"]]
    assert [row["figure_vi"] for row in failed] == ["99,99"] or "99,99" in failed[0]["figure_vi"]
    assert any("99,99" in note for note in report.notices)
    note = Report.objects.published().get()
    assert (report.supersedes, note.writer) == (note, "analyst")
    assert note.html_content_en


def test_a_draft_that_was_asked_for_has_no_note_in_its_place(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    numbers.always(
        "gemini.generate",
        said([paragraph("VN-Index tăng 99,99 điểm, lên {{vnindex.close}} điểm.")]),
    )
    report = report_of(finished(draft=True))
    assert report.status == Report.Status.REVIEW
    assert Report.objects.count() == 1


# Faults of the model


RETRY_TABLE = [
    "429_per_day", "429_per_minute", "429_bare", "500_internal", "503_high_demand",
    "504_deadline", "400_api_key_invalid", "400_failed_precondition", "400_unknown_field",
    "401_unauthenticated", "403_leaked", "403_service_blocked", "404_model",
    "200_prompt_blocked", "200_safety_candidate", "200_recitation", "200_max_tokens_empty",
    "200_max_tokens_partial",
]  # fmt: skip


@pytest.mark.parametrize("fault", RETRY_TABLE)
def test_whatever_a_model_does_the_slot_gets_its_report(
    numbers: Upstreams, settings: Settings, fault: str
) -> None:
    """Each fault for good: the next writer takes over, and the last needs no model."""
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    settings.LLM_TOTAL_SECONDS = 1
    numbers.always("gemini.generate", Reply(fixture=f"llm/gemini/{fault}.json"))
    report = report_of(finished())
    assert (report.status, report.writer) == (Report.Status.PUBLISHED, "analyst")
    assert any(note.startswith("gemini") for note in report.notices)
    assert report.html_content_en


@pytest.mark.parametrize(
    "odd",
    [
        Reply(body="<html>502 Bad Gateway</html>"),
        Reply(status=502, body="<html>Bad Gateway</html>"),
        Reply(cut=True),
        gemini("no object"),
        gemini({"blocks": [{"kind": "table", "rows": []}], "figures": []}),
        gemini({"blocks": [], "figures": []}),
        gemini({"blocks": [paragraph("x" * 5000)], "figures": []}),
        gemini({"blocks": [paragraph("a\x00b")], "figures": []}),
        gemini({"title": "T"}),
    ],
)
def test_an_answer_that_is_none_costs_no_slot(
    numbers: Upstreams, settings: Settings, odd: Reply
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    numbers.always("gemini.generate", odd)
    report = report_of(finished())
    assert (report.status, report.writer) == (Report.Status.PUBLISHED, "analyst")


def test_with_every_writer_down_the_analyst_writes_and_says_why(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "openai", "analyst"]
    numbers.always("gemini.generate", Reply(fixture="llm/gemini/503_high_demand.json"))
    numbers.always("openai.chat", Reply(fixture="llm/openai/429_insufficient_quota.json"))
    report = report_of(finished())
    assert report.writer == "analyst"
    assert [note.partition(":")[0] for note in report.notices] == ["gemini", "openai"]


def test_a_writer_that_fails_midway_leaves_the_rest_to_the_next(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "openai", "analyst"]
    numbers.script("gemini.generate", Reply(), Reply())
    numbers.always("gemini.generate", Reply(fixture="llm/gemini/429_per_day.json"))
    run = finished()
    by = [part["by"] for part in parts_of(run, "write")[1:]]
    assert by[:3] == ["gemini", "gemini", "openai"]
    assert set(by[2:]) == {"openai"}
    report = report_of(run)
    assert report.writer == "gemini, openai"
    assert report.status == Report.Status.PUBLISHED
    assert len(numbers.calls_to("gemini.generate")) == 3  # and never again in this run


def test_one_bad_answer_costs_one_place(numbers: Upstreams, settings: Settings) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    bad = gemini({"blocks": []})
    numbers.script("gemini.generate", Reply(), bad, bad, bad)
    run = finished()
    by = {part["place"]: part["by"] for part in parts_of(run, "write")[1:]}
    assert [place for place, name in by.items() if name == "analyst"] == ["indices"]
    report = report_of(run)
    assert (report.status, report.writer) == (Report.Status.PUBLISHED, "gemini")


# Budgets


def test_a_cap_that_is_reached_leaves_the_rest_to_the_rules_and_says_so(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    settings.REPORT_MAX_CALLS_PER_RUN = 3
    run = finished()
    report = report_of(run)
    assert len(numbers.calls_to("gemini.generate")) == 3
    assert any("3 calls" in note for note in report.notices)
    assert report.translation_pending
    assert report.html_content
    assert not report.html_content_en


def test_a_run_of_bad_answers_stays_within_the_stated_cap(
    numbers: Upstreams, settings: Settings
) -> None:
    settings.REPORT_WRITERS = ["gemini", "analyst"]
    numbers.always("gemini.generate", gemini({"blocks": []}))
    finished()
    assert len(numbers.calls_to("gemini.generate")) <= settings.REPORT_MAX_CALLS_PER_RUN
