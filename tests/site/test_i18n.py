"""Both languages are whole: nothing untranslated, nothing left over, and each page speaks one."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.translation import gettext, ngettext, override

from reports.models import Report
from tests import messages
from tests.pages import Archive, addresses, read

VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
COMMON = re.compile(r"\b(?:the|and|of|from|with|report|reports|index|close)\b", re.IGNORECASE)
OWN_NAMES = ("Tiếng Việt",)
MIXED = ("title_en", "summary_en", "html_content_en")


def test_the_committed_catalogue_is_whole_and_compiled() -> None:
    assert messages.faults() == []


def test_the_interface_speaks_the_language_of_the_address() -> None:
    with override("vi"):
        assert gettext("Reports") == "Báo cáo"
        assert ngettext("%(minutes)s min read", "%(minutes)s min read", 5) == (
            "%(minutes)s phút đọc"
        )
    with override("en"):
        assert gettext("Reports") == "Reports"


def test_an_english_page_has_no_vietnamese_word(client: Client, report: Report) -> None:
    for _, path in addresses(report).values():
        page = read(client, path)
        text = page.text
        quoted = [item.text for item in page.all("span") if item.get("lang") == "vi"]
        for name in (*OWN_NAMES, *sorted(quoted, key=len, reverse=True)):
            text = text.replace(name, "")
        assert VIETNAMESE.findall(text) == [], path


@pytest.mark.parametrize("lacking", [("title_en",), ("html_content_en",), MIXED])
def test_each_passage_of_a_page_in_two_languages_names_its_own(
    client: Client, report: Report, archive: Archive, lacking: tuple[str, ...]
) -> None:
    """Editors may leave a report, or a part of it, without English."""
    archive(3)
    Report.objects.update(**dict.fromkeys(lacking, ""))
    if "html_content_en" in lacking:
        Report.objects.update(document_en=None)
    here = f"/en/reports/{report.slug}/"
    for path in ("/en/", here, f"{here}export.html", "/en/reports/"):
        page = read(client, path)
        assert any(VIETNAMESE.search(text) for _, text in page.passages), path
        for language, passage in page.passages:
            text = re.sub(r"\w+-Index", "", passage)
            if text not in OWN_NAMES and VIETNAMESE.search(text):
                assert language == "vi", (path, text)
            if COMMON.search(text):
                assert language == "en", (path, text)


def test_a_vietnamese_page_has_no_english_sentence(client: Client, report: Report) -> None:
    for path, _ in addresses(report).values():
        page = read(client, path)
        foreign = [item.text for item in page.elements if item.get("lang") == "en"]
        text = page.text
        for passage in foreign:
            text = text.replace(passage, "")
        text = re.sub(r"\w+-Index", "", text)
        assert COMMON.findall(text) == [], path
