"""What each source calls an index is a plain text of its own in the admin, and is checked."""

from __future__ import annotations

from typing import Any

import pytest

from market.admin.forms import SOURCE_FIELDS
from market.models import INDEX_SOURCES, Index
from market.sources.codes import CODES
from tests.html import Page
from tests.market.test_admin import signed_in, url
from tests.people import editor, staff, superuser

pytestmark = pytest.mark.django_db

VN100 = {"code": "VN100", "key": "vn100", "name": "VN100", "exchange": "HOSE", "position": "9"}


def errors(**names: str) -> dict[str, list[str]]:
    """What the form says to a new index with these names."""
    response = signed_in(superuser()).post(url("index_add"), VN100 | names)
    assert response.status_code == 200
    assert not Index.objects.filter(code="VN100").exists()
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return {name: list(texts) for name, texts in found.items()}


def fields(page: Page) -> dict[str, Any]:
    return {item.get("name"): item.get("value") for item in page.all("input", class_="vTextField")}


def test_there_is_a_field_for_each_source_of_index_numbers() -> None:
    assert set(SOURCE_FIELDS.values()) == INDEX_SOURCES
    page = Page(signed_in(superuser()).get(url("index_add")).content)
    labels = {item.get("for"): item.text for item in page.all("label")}
    assert labels["id_at_kbs"] == "KBS:"
    assert labels["id_at_vndirect_chart"] == "VNDirect (vndirect_chart):"
    assert page.all("textarea") == []


def test_a_form_shows_the_names_and_saves_what_was_changed() -> None:
    index = Index.objects.get(code="HNXINDEX")
    index.vendor_codes = CODES["HNXINDEX"]
    index.save()
    client = signed_in(superuser())
    shown = fields(Page(client.get(url("index_change", index.pk)).content))
    assert shown["at_vietcap"] == "HNXIndex"
    sent = {name: value or "" for name, value in shown.items()}
    sent |= {"exchange": "HNX", "position": "2", "active": "on", "at_dnse": "", "at_kbs": " HNX "}
    assert client.post(url("index_change", index.pk), sent).status_code == 302
    index.refresh_from_db()
    expected = {**CODES["HNXINDEX"], "kbs": "HNX"}
    del expected["dnse"]
    assert index.vendor_codes == expected


def test_a_new_index_is_one_form() -> None:
    sent = VN100 | {"active": "on", "at_vietcap": "VN100"}
    assert signed_in(superuser()).post(url("index_add"), sent).status_code == 302
    index = Index.objects.get(code="VN100")
    assert index.vendor_codes == {"vietcap": "VN100"}
    assert index.active


def test_a_new_index_stands_last_unless_its_form_says_otherwise() -> None:
    client = signed_in(superuser())

    def proposed() -> str | None:
        return Page(client.get(url("index_add")).content).one("input", name="position").get("value")

    last = Index.objects.order_by("position").last()
    assert last is not None
    assert proposed() == str(last.position + 1)
    Index.objects.all().delete()
    assert proposed() == "0"


@pytest.mark.parametrize("name", ["VN 100", '{"a": 1}', "VN100/..", "VN100?x=1", "-x", "Chỉ số"])
def test_what_cannot_be_a_vendors_name_is_refused_at_its_field(name: str) -> None:
    found = errors(at_vietcap=name, at_dnse="VN100")
    assert list(found) == ["at_vietcap"]
    assert "chữ cái, chữ số" in found["at_vietcap"][0]


def test_a_name_that_is_too_long_is_refused_at_its_field() -> None:
    assert list(errors(at_vndirect="V" * 41)) == ["at_vndirect"]


def test_two_indices_cannot_have_one_name_at_a_source() -> None:
    Index.objects.filter(code="VN30").update(vendor_codes={"kbs": "VN30", "vietcap": "VN30"})
    found = errors(at_kbs="VN30", at_dnse="VN30")
    assert found == {"at_kbs": ["Nguồn này đã dùng tên đó cho VN30."]}


def test_who_may_only_read_sees_the_names_as_text() -> None:
    index = Index.objects.get(code="VN30")
    index.vendor_codes = {"vietcap": "VN30", "kbs": "VN30"}
    index.save()
    page = Page(signed_in(editor()).get(url("index_change", index.pk)).content)
    assert page.all("input", class_="vTextField") == []
    assert "vietcap: VN30, kbs: VN30" in page.text


def test_the_permission_to_change_is_what_opens_the_fields() -> None:
    index = Index.objects.get(code="VN30")
    may = staff("market.view_index", "market.change_index")
    page = Page(signed_in(may).get(url("index_change", index.pk)).content)
    assert "at_vietcap" in fields(page)
