"""The old system's reports come over whole, once, and can be counted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command

from reports import old_system
from reports.importing import Options, import_reports
from reports.models import OriginalReport, Report
from tests.conftest import ROOT, Manage, database_url
from tests.html import Page
from tests.reports import old_database

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return old_database.make(tmp_path / "old.db")


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What the command prints; it must end with this exit code."""
    found, message = 0, ""
    try:
        call_command("import_reports", *arguments)
    except SystemExit as error:
        found = int(str(error.code))
    except CommandError as error:
        found, message = error.returncode, str(error)
    assert found == code
    captured = capsys.readouterr()
    return captured.out + captured.err + message


def change(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement, values)
        database.commit()


def test_every_row_comes_over_once_with_its_original(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "5 imported" in run(capsys, str(old))
    report = Report.objects.get(legacy_id=1)
    assert (report.title, report.title_en) == (
        "Thị trường tiền mã hóa ngày 1/10",
        "Crypto market, 1 October",
    )
    assert report.summary == "Bitcoin đi ngang quanh 108.000 USD."
    assert report.slug == "thi-truong-tien-ma-hoa-ngay-1-10-2025-10-01"
    assert (report.origin, report.status) == ("imported", "draft")
    assert report.created_at == report.published_at == datetime(2025, 10, 1, 7, 5, tzinfo=UTC)
    page = Page(report.html_content)
    assert page.one("section").get("id") == "x-tam-ly"
    assert len(page.all("svg")) == 1
    assert not page.all("h1")
    assert report.css_content == report.js_content == ""
    kept = OriginalReport.objects.get(report=report)
    (row,) = old_database.reports(1)
    assert (kept.html, kept.css, kept.js, kept.html_en) == (
        row["html_content"],
        row["css_content"],
        row["js_content"],
        row["html_content_en"],
    )
    assert report.notices == ["Vietnamese: removed onclick ×1, style ×1"]
    assert "5 unchanged" in run(capsys, str(old))
    assert Report.objects.count() == 5


def test_articles_keep_their_fields_and_plain_text_its_paragraphs(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(old), "--table", "articles", "--publish")
    fpt, draft = Report.objects.order_by("created_at")
    assert (fpt.title, fpt.summary) == ("FPT: kết quả quý III", "Một quý tốt.")
    assert (fpt.symbol, fpt.report_type, fpt.legacy_id) == ("FPT", "daily", None)
    assert [item.text for item in Page(fpt.html_content).all("p")] == [
        "Doanh thu tăng.",
        "Lợi nhuận <đi ngang>.",
    ]
    assert (fpt.status, draft.status) == ("published", "draft")
    assert fpt.published_at == fpt.created_at
    assert OriginalReport.objects.get(report=draft).row["updated_at"] == "2025-10-22 07:05:00"


def test_a_refused_row_costs_no_other_and_a_mended_one_comes_with_the_next_run(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = "<div>" * 500
    change(old, "UPDATE crypto_report SET html_content = ? WHERE id = 2", deep)
    change(old, "UPDATE crypto_report SET created_at = 'yesterday' WHERE id = 3")
    told = run(capsys, str(old), code=3)
    assert "crypto_report 2: the HTML leaves more than 400 elements open" in told
    assert "crypto_report 3: created_at is no time: yesterday" in told
    assert "3 imported, 2 refused" in told
    change(old, "UPDATE crypto_report SET html_content = '<p>x' WHERE id = 2")
    assert "1 imported, 3 unchanged, 1 refused" in run(capsys, str(old), code=3)
    untitled = Report.objects.get(legacy_id=2)
    assert untitled.title == "x"


@pytest.mark.parametrize("when", ["9999-12-31 23:00:00", "0001-01-01T00:00:00+07:00", "1600-01-01"])
def test_a_time_that_no_zone_has_costs_no_other_row(
    when: str, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(old, "UPDATE crypto_report SET created_at = ? WHERE id = 1", when)
    told = run(capsys, str(old), code=3)
    assert "crypto_report 1: created_at is out of range" in told
    assert "4 imported, 1 refused" in told


def test_what_postgresql_cannot_hold_costs_no_other_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a kind that nothing looks for: a column's name is kept as it is."""
    first, second = old_database.reports(2)
    path = tmp_path / "old.json"
    path.write_text(json.dumps([first | {"a\0b": 1}, second]))
    told = run(capsys, str(path), code=3)
    assert "crypto_report 1: PostgreSQL cannot hold it: " in told
    assert "1 imported, 1 refused" in told
    assert [report.legacy_id for report in Report.objects.all()] == [2]


@pytest.mark.django_db(transaction=True)
def test_cron_is_told_by_the_exit_code_as_the_documentation_shows(
    old: Path, manage: Manage
) -> None:
    change(old, "UPDATE crypto_report SET created_at = 'yesterday' WHERE id = 2")
    done = manage("import_reports", str(old))
    assert done.returncode == 3
    assert done.stdout == "4 imported, 1 refused\n"
    reason = "crypto_report 2: created_at is no time: yesterday"
    assert reason in done.stderr
    shown = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    assert f"{reason}\n{done.stdout}$ echo $?\n3\n" in shown
    assert manage("import_reports", str(old.with_name("none"))).returncode == 1


def test_it_stops_after_a_limit_and_goes_on_from_there(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "2 imported (dry run: nothing was stored)" in run(
        capsys, str(old), "--dry-run", "--limit", "2"
    )
    assert not Report.objects.exists()
    assert "2 imported" in run(capsys, str(old), "--limit", "2")
    assert "2 imported, 2 unchanged" in run(capsys, str(old), "--limit", "2")
    assert set(Report.objects.values_list("legacy_id", flat=True)) == {1, 2, 3, None}
    assert "1 imported, 2 unchanged" in run(capsys, str(old), "--from", "2", "--limit", "9")


def test_what_changed_there_is_told_and_taken_over_on_request_without_an_editors_work(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(old))
    Report.objects.filter(legacy_id=1).update(title="Của biên tập", status="published")
    change(old, "UPDATE crypto_report SET html_content = '<h1>Mới</h1><p>Đã thay' WHERE id = 1")
    told = run(capsys, str(old))
    assert "crypto_report 1: the source has changed since" in told
    assert "4 unchanged, 1 differs" in told
    assert "Đã thay" not in Report.objects.get(legacy_id=1).html_content
    assert "1 renewed" in run(capsys, str(old), "--renew", "--limit", "1")
    report = Report.objects.get(legacy_id=1)
    assert (report.title, report.status) == ("Của biên tập", "published")
    assert "Mới" in OriginalReport.objects.get(report=report).html
    assert report.texts.get(language="vi").folded == "da thay"  # found by the search at once


def test_a_second_old_system_has_numbers_of_its_own(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(old), "--table", "crypto_report")
    assert "3 imported" in run(capsys, str(old), "--table", "crypto_report", "--name", "older")
    assert sorted(Report.objects.values_list("legacy_id", flat=True), key=str) == [
        1,
        2,
        3,
        None,
        None,
        None,
    ]
    assert len(set(Report.objects.values_list("slug", flat=True))) == 6


def test_times_without_an_offset_are_of_the_zone_that_was_named(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(
        old,
        "UPDATE crypto_report SET created_at = '2025-10-02T07:05:00+09:00' WHERE id = 2",
    )
    run(capsys, str(old), "--timezone", "Asia/Ho_Chi_Minh")
    assert Report.objects.get(legacy_id=1).created_at == datetime(2025, 10, 1, 0, 5, tzinfo=UTC)
    assert Report.objects.get(legacy_id=2).created_at == datetime(2025, 10, 1, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["tables", "rows", "lines"])
def test_json_is_read_in_each_of_its_shapes(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = old_database.reports(2)
    path = tmp_path / ("old.jsonl" if kind == "lines" else "old.json")
    if kind == "lines":
        path.write_text("\n".join(json.dumps(row) for row in [*rows, *old_database.ARTICLES]))
    else:
        path.write_text(json.dumps({"crypto_report": rows} if kind == "tables" else rows))
    wanted = 4 if kind == "lines" else 2
    assert f"{wanted} imported" in run(capsys, str(path))
    assert OriginalReport.objects.get(number=2, table="crypto_report").js == rows[1]["js_content"]


def test_numbers_that_json_does_not_know_cost_no_row(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps([old_database.reports(1)[0] | {"score": float("nan")}]))
    assert "1 imported" in run(capsys, str(path))
    assert OriginalReport.objects.get().row["score"] == "nan"


@pytest.mark.django_db(transaction=True)
def test_a_postgresql_database_is_read_through_a_cursor_of_its_own(
    committed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    address = database_url()
    with closing(psycopg2.connect(address)) as database:
        with database, database.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE crypto_report (id bigint PRIMARY KEY, html_content text NOT NULL,"
                " css_content text, js_content text, html_content_en text, js_content_en text,"
                " created_at timestamptz NOT NULL)"
            )
            for row in old_database.reports(3):
                cursor.execute(
                    "INSERT INTO crypto_report VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    [*[*row.values()][:-1], "2025-10-01 14:05:00+07"],
                )
        try:
            assert "3 imported" in run(capsys, address)
        finally:
            with database, database.cursor() as cursor:
                cursor.execute("DROP TABLE crypto_report")
    assert Report.objects.get(legacy_id=3).created_at == datetime(2025, 10, 1, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"SQLite format 3\0 and nothing more", "file is not a database|malformed|disk image"),
        (b"\x89PNG", "neither an SQLite file nor JSON"),
        (b'{"users": []}', "holds no table crypto_report or articles"),
        (b'{"crypto_report": 5}', "holds no list of rows"),
    ],
)
def test_a_source_that_cannot_be_read_is_told_in_one_line(
    content: bytes | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(old_system.SourceFault, match=reason):
        list(import_reports(str(path), Options()))
    run(capsys, str(path), code=1)


def test_a_database_that_does_not_answer_keeps_its_password_to_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = run(capsys, "postgresql://u:geheim@127.0.0.1:9/old", code=1)
    assert "PostgreSQL: " in told
    assert "geheim" not in told


@pytest.mark.parametrize(
    "arguments", [("--limit", "0"), ("--timezone", "Mars/Phobos"), ("--name", "x" * 81)]
)
def test_arguments_without_sense_are_refused(
    arguments: tuple[str, str], old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, str(old), *arguments, code=2)


def test_no_more_than_one_row_is_held_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_database.make(tmp_path / "long.db", days=28, articles=False)
    rows = old_system.rows(str(path), old_system.Wanted())
    seen: list[int] = []

    def noted(*_arguments: Any) -> Iterator[tuple[str, old_system.Raw]]:
        for table, raw in rows:
            seen.append(raw["id"])
            yield table, raw

    monkeypatch.setattr(old_system, "rows", noted)
    for done in import_reports(str(path), Options(dry_run=True)):
        assert seen[-1] == done.number


def test_odd_characters_are_kept_as_far_as_postgresql_can(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(
        old,
        "UPDATE crypto_report SET js_content = ?, html_content = ? WHERE id = 1",
        "a\0b",
        "<h1>Giá\0 \U0001f4c8</h1><p>x",
    )
    run(capsys, str(old))
    report = Report.objects.get(legacy_id=1)
    assert report.title == "Giá\ufffd \U0001f4c8"
    assert OriginalReport.objects.get(report=report).js == "a\ufffdb"
