"""API tokens: issued in the admin, shown once, kept as a digest, revoked for good."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketsite import clock
from reports import tokens
from reports.models import ApiToken
from tests.html import Page
from tests.people import editor, staff, superuser
from tests.reports.admin import signed_in, told, url

pytestmark = pytest.mark.django_db

NOW = "2026-08-21T08:10:00Z"
SENT = {"name": "Bảng tin ở sảnh", "scopes": ["generate", "progress"], "days": "90"}
At = Callable[[str], None]


@pytest.fixture(autouse=True)
def frozen(at: At) -> None:
    at(NOW)


def issue(client: Client, **changes: object) -> HttpResponse:
    return client.post(url("reports_apitoken_add"), SENT | changes)


def shown(response: HttpResponse) -> str:
    (text,) = set(re.findall(r"mks_[\w-]+", response.content.decode()))
    return text


# Issuing


def test_a_token_is_shown_once_and_kept_as_a_digest_alone() -> None:
    user = superuser()
    client = signed_in(user)
    with CaptureQueriesContext(connection) as queries:
        response = issue(client)
    text = shown(response)
    assert "no-store" in response["Cache-Control"]
    assert len(text) >= len(tokens.PREFIX) + 43  # 256 bits
    token = ApiToken.objects.get()
    assert token.digest == hashlib.sha256(text.encode()).hexdigest()
    assert (token.owner, token.scopes) == (user, ["generate", "progress"])
    assert token.expires_at == clock.now() + timedelta(days=90)
    secret = text.removeprefix(tokens.PREFIX)
    kept = [*(query["sql"] for query in queries), *(str(row) for row in client.cookies.values())]
    kept += [str(row.get_decoded()) for row in Session.objects.all()]
    kept += [entry.change_message for entry in LogEntry.objects.all()]
    for page in (url("reports_apitoken_change", token.pk), url("reports_apitoken_changelist")):
        kept.append(client.get(page).content.decode())
    assert [place for place in kept if secret in place or "mks_" in place] == []


def test_each_token_is_another_one() -> None:
    client = signed_in(superuser())
    assert shown(issue(client)) != shown(issue(client))
    assert ApiToken.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "36500"}]
)
def test_a_token_without_name_purpose_or_end_is_not_issued(change: dict[str, object]) -> None:
    response = issue(signed_in(superuser()), **change)
    assert list(response.context["adminform"].form.errors) == list(change)
    assert not ApiToken.objects.exists()


def test_nobody_issues_a_token_in_anothers_name() -> None:
    other = superuser("other")
    user = staff("reports.add_apitoken", "reports.view_apitoken")
    issue(signed_in(user), owner=str(other.pk))
    assert ApiToken.objects.get().owner == user


@pytest.mark.parametrize("user", [editor, staff])
def test_issuing_and_revoking_are_for_those_who_were_given_it(user: Callable[[], User]) -> None:
    token, _ = tokens.issue(superuser(), "theirs", ["generate"])
    client = signed_in(user())
    assert issue(client).status_code == 403
    assert client.post(url("reports_apitoken_revoke", token.pk)).status_code == 403
    token.refresh_from_db()
    assert token.revoked_at is None


# Finding


@pytest.fixture
def issued() -> tuple[ApiToken, str]:
    return tokens.issue(superuser(), "programme", ["generate"], clock.now() + timedelta(days=1))


def test_a_token_is_found_by_its_whole_text(issued: tuple[ApiToken, str]) -> None:
    token, text = issued
    found = tokens.find(text)
    assert found == token
    for wrong in ("", text[:-1], text + "A", text.swapcase(), f" {text}", "mks_", "x" * 10_000):
        assert tokens.find(wrong) is None, wrong
    assert tokens.find(token.digest) is None


def test_an_expired_token_is_found_no_more(issued: tuple[ApiToken, str], at: At) -> None:
    at("2026-08-22T08:09:59Z")
    assert tokens.find(issued[1])
    at("2026-08-22T08:10:00Z")
    assert tokens.find(issued[1]) is None


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_a_token_ends_with_its_owners_account_and_place(
    issued: tuple[ApiToken, str], lost: str
) -> None:
    User.objects.update(**{lost: False})
    assert tokens.find(issued[1]) is None


def test_its_last_use_is_noted_once_a_minute(issued: tuple[ApiToken, str], at: At) -> None:
    token, text = issued
    noted = []
    for second in ("10:00", "10:59", "11:01"):
        at(f"2026-08-21T08:{second}Z")
        tokens.find(text)
        token.refresh_from_db()
        noted.append(token.last_used_at)
    first, last = (
        datetime(2026, 8, 21, 8, 10, tzinfo=UTC),
        datetime(2026, 8, 21, 8, 11, 1, tzinfo=UTC),
    )
    assert noted == [first, first, last]


# Revoking


def test_a_revoked_token_opens_nothing_more(
    issued: tuple[ApiToken, str], caplog: pytest.LogCaptureFixture
) -> None:
    token, text = issued
    client = signed_in(User.objects.get())
    page = Page(client.get(url("reports_apitoken_change", token.pk)).content)
    assert page.one("form", action=url("reports_apitoken_revoke", token.pk))
    assert client.get(url("reports_apitoken_revoke", token.pk)).status_code == 405
    response = client.post(url("reports_apitoken_revoke", token.pk))
    assert told(response) == ["Token này không còn mở được gì nữa."]
    assert tokens.find(text) is None
    page = Page(client.get(url("reports_apitoken_change", token.pk)).content)
    assert page.all("form", action=url("reports_apitoken_revoke", token.pk)) == []
    assert "đã thu hồi" in page.text
    assert f"revoked token={token.pk}" in caplog.text
    assert text not in caplog.text


def test_a_token_is_never_edited_or_deleted(issued: tuple[ApiToken, str]) -> None:
    token, _ = issued
    client = signed_in(User.objects.get())
    assert client.post(url("reports_apitoken_change", token.pk), SENT).status_code == 403
    assert client.post(url("reports_apitoken_delete", token.pk), {"post": "yes"}).status_code == 403
    assert ApiToken.objects.get().name == "programme"
