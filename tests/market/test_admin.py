"""The market's numbers in the admin: what may be edited, by whom, and what never."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from market.models import Bar, Closure, Index, Quote, load_calendar
from tests.html import Page
from tests.market.conftest import MakeBar, MakeQuote
from tests.people import editor, staff, superuser

pytestmark = pytest.mark.django_db


def url(name: str, *arguments: Any) -> str:
    with override("vi"):
        return reverse(f"admin:market_{name}", args=arguments)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def columns(client: Client, name: str) -> list[str]:
    """The cells of the first row of a list."""
    page = Page(client.get(url(f"{name}_changelist")).content)
    cells = [item for item in page.elements if item.tag in {"td", "th"}]
    return [item.text for item in cells if (item.get("class") or "").startswith("field-")]


def test_figures_and_times_are_written_as_the_site_writes_them(
    make_quote: MakeQuote, make_bar: MakeBar
) -> None:
    make_quote()
    make_bar("2026-08-21", "1768.12", volume=783_500_000)
    client = signed_in(editor())
    assert columns(client, "quote") == [
        "VN-Index",
        "21/8/2026, 14:45",
        "1.768,12",
        "+1,95%",
        "một nguồn",
        "–",
        "Vietcap",
        "14:46",
    ]
    assert columns(client, "bar")[-3:] == ["1.768,12", "783,5\u00a0triệu\u00a0cổ phiếu", "Vietcap"]


def test_simulated_numbers_are_marked_in_lists(make_quote: MakeQuote) -> None:
    make_quote(source="demo", simulated=True)
    page = Page(signed_in(editor()).get(url("quote_changelist")).content)
    assert page.one("span", class_="state-simulated").text == "dữ liệu mô phỏng"


@pytest.mark.parametrize("name", ["quote", "bar"])
def test_quotes_and_bars_are_read_and_never_edited(
    name: str, make_quote: MakeQuote, make_bar: MakeBar
) -> None:
    key = {"quote": make_quote().pk, "bar": make_bar("2026-08-21").pk}[name]
    client = signed_in(superuser())
    form = url(f"{name}_change", key)
    page = Page(client.get(form).content)
    assert [item for item in page.all("input") if item.get("type") in {"text", "submit"}] == []
    assert client.post(form, {"price": 1, "close": 1}).status_code == 403
    assert client.get(url(f"{name}_add")).status_code == 403
    assert client.post(url(f"{name}_delete", key), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
    client.post(url(f"{name}_changelist"), chosen)
    assert Quote.objects.count() + Bar.objects.count() == 2


def test_an_indexs_code_and_key_stay_once_it_exists() -> None:
    index = Index.objects.get(code="VN30")
    client = signed_in(superuser())
    names = [item.get("name") for item in Page(client.get(url("index_add")).content).all("input")]
    assert {"code", "key"} <= set(names)
    sent = {"code": "X", "key": "x", "name": "VN30-Index", "exchange": "HOSE", "position": "7"}
    assert client.post(url("index_change", index.pk), sent).status_code == 302
    index.refresh_from_db()
    assert (index.code, index.key) == ("VN30", "vn30")
    assert (index.name, index.position, index.active) == ("VN30-Index", 7, False)


def test_an_index_with_quotes_cannot_be_deleted(make_quote: MakeQuote) -> None:
    index = make_quote().index
    delete = url("index_delete", index.pk)
    assert signed_in(superuser()).post(delete, {"post": "yes"}).status_code == 200
    assert Index.objects.filter(pk=index.pk).exists()


def test_a_closure_records_who_changed_it_and_holds_at_once() -> None:
    user = editor()
    client = signed_in(user)
    sent = {"day": "2026-08-24", "closed": "on", "note": "Thông báo của HOSE"}
    assert client.post(url("closure_add"), sent).status_code == 302
    closure = Closure.objects.get()
    assert closure.changed_by == user
    assert not load_calendar().is_trading_day(closure.day)
    other = editor("hoa")
    signed_in(other).post(url("closure_change", closure.pk), sent | {"note": "Hoãn", "closed": ""})
    closure.refresh_from_db()
    assert (closure.changed_by, closure.closed) == (other, False)
    assert load_calendar().is_trading_day(closure.day)
    page = Page(client.get(url("closure_changelist")).content)
    assert {"hoa", "Hoãn", "ngày giao dịch", "thứ Hai"} <= {item.text for item in page.all("td")}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("typed", ["05/06/2027", "5/6/2027", "2027-06-05"])
def test_a_closures_day_is_written_day_before_month_in_either_language(
    language: str, typed: str
) -> None:
    client = signed_in(editor())
    with override(language):
        address = reverse("admin:market_closure_add")
    assert client.post(address, {"day": typed, "closed": "on"}).status_code == 302
    closure = Closure.objects.get()
    assert closure.day.isoformat() == "2027-06-05"
    with override(language):
        address = reverse("admin:market_closure_change", args=[closure.pk])
    assert shown_day(client, address) == "05/06/2027"


def test_no_month_comes_first_even_where_the_day_allows_it() -> None:
    client = signed_in(editor())
    assert client.post(url("closure_add"), {"day": "27/11/2026"}).status_code == 302
    assert client.post(url("closure_add"), {"day": "11/27/2026"}).status_code == 200
    assert [f"{closure.day}" for closure in Closure.objects.all()] == ["2026-11-27"]


def test_the_form_that_a_built_in_day_leads_to_shows_the_day(at: Callable[[str], None]) -> None:
    at("2026-11-20T03:00:00Z")
    client = signed_in(editor())
    page = Page(client.get(url("closure_changelist")).content)
    link = next(item for item in page.all("a") if "24/11/2026" in item.text)
    assert shown_day(client, link.get("href") or "") == "24/11/2026"
    assert shown_day(client, f"{url('closure_add')}?day=rubbish") == "rubbish"


def shown_day(client: Client, address: str) -> str | None:
    return Page(client.get(address).content).one("input", name="day").get("value")


def test_any_moment_in_the_admin_is_read_day_before_month() -> None:
    user = editor("nam")
    with override("vi"):
        form = reverse("admin:auth_user_change", args=[user.pk])
    sent = {"username": "nam", "date_joined_0": "05/06/2026", "date_joined_1": "08:00:00"}
    assert signed_in(superuser()).post(form, sent).status_code == 302
    user.refresh_from_db()
    assert user.date_joined.isoformat() == "2026-06-05T01:00:00+00:00"


def test_the_built_in_table_marks_the_days_that_nobody_confirmed(
    at: Callable[[str], None],
) -> None:
    at("2026-11-20T03:00:00Z")
    page = Page(signed_in(superuser()).get(url("closure_changelist")).content)
    days = {item.text for item in page.elements if item.tag == "li"}
    assert "thứ Ba 24/11/2026: chưa xác nhận: ngày giao dịch" in days
    assert "thứ Sáu 1/1/2027: nghỉ giao dịch" in days
    assert not any("2/9/2026" in day for day in days)


def test_a_day_has_one_closure() -> None:
    client = signed_in(editor())
    for _ in range(2):
        response = client.post(url("closure_add"), {"day": "2026-08-24", "closed": "on"})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["day"]


@pytest.mark.parametrize("name", ["index", "quote", "bar", "closure", "rejectedquote", "overview"])
def test_the_lists_are_for_staff_who_may_see_them(name: str) -> None:
    address = url(f"{name}_changelist")
    assert Client().get(address)["Location"].startswith("/admin/login/")
    assert signed_in(staff()).get(address).status_code == 403
    assert signed_in(editor()).get(address).status_code == 200


def test_editors_read_indices_and_change_none() -> None:
    index = Index.objects.get(code="VN30")
    client = signed_in(editor())
    assert client.get(url("index_change", index.pk)).status_code == 200
    assert client.post(url("index_change", index.pk), {"name": "X"}).status_code == 403
