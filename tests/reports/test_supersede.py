"""A report takes the place of the note that stood for it: at one stroke, in both languages."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from reports.models import Report
from reports.publishing import publish as moves
from tests.html import Page
from tests.people import editor
from tests.processes import locked
from tests.reports.admin import CREATED, change, make_report, signed_in, typed
from tests.reports.test_admin_publication import act, status

pytestmark = pytest.mark.django_db

NOTE, REPORT = "/reports/vn-index-note/", "/reports/vn-index/"


@pytest.fixture
def note() -> Report:
    return make_report("vn-index-note", "published", title="VN-Index, tin ngắn")


@pytest.fixture
def report(note: Report) -> Report:
    return make_report(supersedes=note)


def answer(path: str) -> tuple[int, str]:
    response = Client().get(path)
    return response.status_code, response.get("Location", "")


def test_until_then_the_note_is_public_and_the_report_is_not(report: Report) -> None:
    assert (answer(NOTE)[0], answer(REPORT)[0]) == (200, 404)


def test_the_notes_address_leads_to_the_report_for_good_in_both_languages(
    report: Report, note: Report
) -> None:
    user = editor()
    signed_in(user).post(change(report), typed(report) | {"_publish": "1"})
    assert (status(report), status(note)) == ("published", "archived")
    assert answer(NOTE) == (301, REPORT)
    assert answer(f"/en{NOTE}") == (301, f"/en{REPORT}")
    assert answer(REPORT)[0] == 200
    listed = Page(Client().get("/reports/").content)
    assert NOTE not in [link.get("href") for link in listed.all("a")]


def test_withdrawn_again_neither_address_shows_anything(report: Report) -> None:
    moves.publish(report)
    moves.withdraw(report)
    assert (answer(NOTE), answer(REPORT)) == ((404, ""), (404, ""))


def test_a_note_that_is_published_again_shows_itself(report: Report, note: Report) -> None:
    moves.publish(report)
    moves.publish(note)
    assert answer(NOTE)[0] == 200


def test_several_at_once_and_one_at_its_moment_withdraw_their_notes_too(
    report: Report, note: Report
) -> None:
    other_note = make_report("other-note", "published")
    other = make_report("other", "scheduled", supersedes=other_note, published_at=CREATED)
    act(signed_in(editor()), "publish_selected", report)
    assert moves.publish_due() == 1
    assert [status(row) for row in (report, note, other, other_note)] == [
        "published",
        "archived",
        "published",
        "archived",
    ]


def test_a_publication_that_fails_leaves_the_note_where_it_was(
    report: Report, note: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is not public without the note's withdrawal, nor the other way round."""

    def fail(*_arguments: object) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(moves, "withdraw", fail)
    with pytest.raises(RuntimeError):
        moves.publish(report)
    assert (status(report), status(note)) == ("review", "published")


def test_of_two_editors_at_the_same_instant_one_publishes(committed: None) -> None:
    note = make_report("vn-index-note", "published")
    report = make_report(supersedes=note)
    users = [editor("lan"), editor("hoa")]
    clients = [signed_in(user) for user in users]
    opened = typed(report) | {"_publish": "1"}

    def press(client: Client) -> int:
        try:
            return client.post(change(report), opened).status_code
        finally:
            connection.close()

    with locked("reports_report", "EXCLUSIVE") as lock, ThreadPoolExecutor(2) as pool:
        release = threading.Thread(target=lambda: (lock.waiting(2), lock.release()))
        release.start()
        answers = sorted(pool.map(press, clients))
        release.join()
    assert answers == [200, 302]  # the second reads that it was changed meanwhile
    assert (status(report), status(note)) == ("published", "archived")
    assert LogEntry.objects.filter(change_message="Đã đăng.").count() == 1
    assert Report.objects.get(pk=report.pk).reviewed_by in users
