"""Where readers turn: the pages about the site, related reports, and a letter on a wrong figure."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from reports.models import Report
from tests.pages import Archive, address, read

pytestmark = pytest.mark.django_db


def wrong_figure(client: Client, report: Report) -> str:
    (link,) = (
        item
        for item in read(client, address("report-detail", "en", report.slug)).all("a")
        if item.text == "Report a wrong figure"
    )
    return link.attributes["href"]


def test_a_wrong_figure_is_told_by_a_letter_that_names_the_report(
    client: Client, report: Report, settings: Settings
) -> None:
    assert wrong_figure(client, report) == "/en/contact/"
    assert "has not named an address" in read(client, "/en/contact/").text
    settings.CONTACT_EMAIL = "desk@example.org"
    report.title_en = 'A "title" with 5% & more'
    report.save()
    letter = urlsplit(wrong_figure(client, report))
    assert (letter.scheme, letter.path) == ("mailto", "desk@example.org")
    fields = parse_qs(letter.query, strict_parsing=True)
    assert fields["subject"] == ['Wrong figure: A "title" with 5% & more']
    assert fields["body"][0].startswith(f"Report: {settings.SITE_URL}/en/reports/{report.slug}/\n")
    (link,) = read(client, "/en/contact/").all("a", class_="mail")
    assert (link.text, link.get("href")) == ("desk@example.org", "mailto:desk@example.org")


def test_a_report_leads_to_those_of_the_same_time_of_day(
    client: Client, report: Report, archive: Archive
) -> None:
    first, second, *_ = archive(6)
    Report.objects.filter(pk=first.pk).update(edition=Report.Edition.NOON)
    Report.objects.filter(pk=second.pk).update(is_note=True)
    page = read(client, address("report-detail", "en", report.slug))
    others = page.elements[page.elements.index(page.one("ul", class_="others")) :]
    titles = [
        item.text for item in others if item.tag == "a" and "/reports/" in str(item.get("href"))
    ]
    assert titles == ["Story 3", "Story 4", "Story 5"]


def test_the_method_names_the_sources_and_leads_on(client: Client) -> None:
    page = read(client, "/en/method/")
    assert "Binance, CafeF, CoinGecko" in page.text
    links = {item.get("href") for item in read(client, "/en/about/").all("a")}
    assert {"/en/method/", "/en/track-record/", "/en/contact/", "/en/api/v1/docs"} <= links
