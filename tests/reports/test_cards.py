"""The picture beside a link: drawn once by a job, legible in any title, served as stored."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image, ImageDraw

from reports import tasks
from reports.models import Report, ReportCard
from reports.publishing import card_drawing, cards
from reports.publishing.card_drawing import HEIGHT, LEFT, RIGHT, WIDTH, Artist, Content, Number
from reports.publishing.publish import withdraw
from reports.tick import tick
from tests.conftest import ROOT
from tests.reports.admin import make_report

VIETNAMESE = "".join(
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
)
SIGNS = "0123456789.,%+-–—…·()/:;!?“”‘’'\"&$€₫×½"
LONG = "Thị trường nghiêng ngả trước ngưỡng 1.800 điểm: khối ngoại bán ròng phiên thứ mười, "
ONE_WORD = "W" * 200
NUMBERS = (
    Number("VN-Index", "1.768,12", "+33,88 (+1,95%)", "up"),
    Number("UPCoM-Index", "12.768,12", "-133,88 (-11,95%)", "down"),
    Number("HNX-Index", "280,00", "0,00 (0,00%)", "flat"),
)


@pytest.fixture(scope="module")
def artist() -> Artist:
    return Artist(cards.FONTS)


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def drawn(language: str = "vi") -> ReportCard:
    return ReportCard.objects.get(language=language)


# The drawing


@pytest.mark.parametrize("family", ["serif", "sans", "bold"])
def test_each_letter_of_vietnamese_and_each_sign_has_its_shape(artist: Artist, family: str) -> None:
    """A letter that no file has would be drawn as the same empty box as any other."""
    shapes: dict[bytes, str] = {}
    box = bytes(artist.font(family, "vietnamese", 60).getmask("\u4e00"))
    for letter in VIETNAMESE + VIETNAMESE.upper() + SIGNS:
        assert card_drawing.printable(letter) == letter
        ((script, _),) = card_drawing._stretches(letter)
        shape = bytes(artist.font(family, script, 60).getmask(letter))
        assert any(shape)
        assert shape != box, letter
        assert shapes.setdefault(shape, letter) in {letter, "'"}, (letter, shapes[shape])


def test_a_decomposed_or_foreign_text_is_drawn_in_the_letters_that_there_are() -> None:
    assert card_drawing.printable("Th\u1ecb tru\u031bo\u031b\u0300ng 🚀 漲\n停") == "Thị trường"


@pytest.mark.parametrize("title", ["VN-Index tăng 1,95%", LONG * 1, LONG * 3, ONE_WORD, "x", ""])
def test_a_title_of_any_length_stays_in_its_place(artist: Artist, title: str) -> None:
    content = Content("Báo cáo chiều", title[:200], "21/8/2026, 15:10 (GMT+7)", NUMBERS, [1, 3, 2])
    png = artist.card(content)
    assert len(png) < 60_000
    with Image.open(io.BytesIO(png)) as stored:
        assert (stored.format, stored.mode, stored.size) == ("PNG", "P", (WIDTH, HEIGHT))
    image, paper = opened(png), (251, 250, 247)
    margins = [
        (0, 12, LEFT - 14, HEIGHT),
        (RIGHT + 6, 12, WIDTH, HEIGHT),
        (0, 412, WIDTH, 426),  # between the title and the rule
        (0, 96, WIDTH, 112),  # between the head and the title
        (0, 618, WIDTH, HEIGHT),
    ]
    for margin in margins:
        assert image.crop(margin).getcolors() == [
            ((margin[2] - margin[0]) * (margin[3] - margin[1]), paper)
        ], margin


def test_the_words_of_a_long_title_that_do_not_fit_are_told_of(artist: Artist) -> None:
    image = Image.new("RGB", (WIDTH, HEIGHT))
    sheet = card_drawing._Sheet(artist, image)
    style = card_drawing._Style("serif", 66)
    lines = sheet._balanced(LONG * 2, style)
    assert " ".join(lines).split() == (LONG * 2).split()
    widths = [ImageDraw.Draw(image).textlength(line) for line in lines[:-1]]
    assert min(widths) > 0.6 * max(widths)
    cut = card_drawing._cut([*lines, "và nữa"], len(lines))
    assert cut[-1].endswith("…")


def test_what_moved_how_is_told_by_sign_shape_and_colour(artist: Artist) -> None:
    def colours(number: Number) -> set[tuple[int, int, int]]:
        image = opened(artist.card(Content("", "x", "", [number])))
        found = image.crop((LEFT, 530, LEFT + 18, 547)).getcolors()
        return {colour for _, colour in found}

    up, down, flat = (colours(number) for number in NUMBERS)
    assert (11, 107, 58) in up - down - flat
    assert (179, 38, 30) in down - up - flat
    assert (122, 91, 0) in flat - up - down


# Which are drawn, and when


def test_a_published_report_has_its_card_in_both_languages(report: Report) -> None:
    assert cards.are_missing()
    tasks.draw_cards()
    assert {card.language: card.title for card in report.cards.all()} == {
        "vi": report.title,
        "en": report.title_en,
    }
    vietnamese = cards.content(Report.objects.get(), "vi")
    assert vietnamese.numbers[0] == Number("VN-Index", "1.768,12", "+33,88 (+1,95%)", "up")
    english = cards.content(Report.objects.get(), "en")
    assert english.numbers[0].level == "1,768.12"
    assert len(vietnamese.numbers) == 3
    assert vietnamese.line[-1] == 1768.12
    assert vietnamese.mark == ""
    assert not cards.are_missing()
    before = drawn().png
    assert cards.draw_missing() == 0
    assert drawn().png == before


@pytest.mark.django_db
def test_a_changed_title_or_design_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    report = make_report(status="published")
    assert cards.draw_missing() == 2
    first = drawn()
    Report.objects.update(title="VN-Index giảm 3,11 điểm")
    assert cards.draw_missing() == 1
    second = drawn()
    assert second.title == "VN-Index giảm 3,11 điểm"
    assert second.etag != first.etag
    monkeypatch.setattr(cards, "DESIGN", cards.DESIGN + 1)
    assert cards.draw_missing() == 2
    Report.objects.update(title="VN-Index đi ngang", is_note=False)
    tasks.draw_cards(report.pk)
    assert drawn().title == "VN-Index đi ngang"


@pytest.mark.django_db
def test_what_is_not_public_a_note_or_without_english_has_none() -> None:
    waiting = make_report("waiting")
    make_report("note", "published", is_note=True)
    make_report("vietnamese", "published", title_en="", html_content_en="")
    assert cards.draw_missing() == 1
    assert drawn().report.slug == "vietnamese"
    tasks.draw_cards(waiting.pk)
    assert ReportCard.objects.count() == 1


@pytest.mark.django_db
def test_a_report_without_usable_facts_has_a_card_of_words_alone() -> None:
    for number, facts in enumerate((None, {}, {"indices": 3}, [])):
        report = make_report(f"imported-{number}", "published", facts=facts, simulated=True)
        content = cards.content(report, "vi")
        assert (content.numbers, content.line) == ([], [])
        assert content.mark == "dữ liệu mô phỏng"
    assert cards.draw_missing() == 8


def test_cron_alone_draws_what_it_has_just_published(
    upstreams: object, db: None, at: Callable[[str], None]
) -> None:
    make_report(status="scheduled", published_at="2026-08-21T08:10:00Z")
    assert tick() == []
    assert ReportCard.objects.count() == 2


def test_the_command_draws_the_old_ones_too(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    monkeypatch.setattr(cards, "NEWEST", 1)
    monkeypatch.setattr(cards, "BATCH", 2)
    for number in range(5):
        make_report(f"report-{number}", "published", title_en="")
    call_command("draw_cards")
    assert ReportCard.objects.count() == 5
    assert "5 cards drawn" in capsys.readouterr().out


# What is served


@pytest.mark.django_db
def test_the_stored_picture_is_served_and_may_be_kept(client: Client) -> None:
    make_report(status="published")
    cards.draw_missing()
    for path, language in (("/reports/vn-index/", "vi"), ("/en/reports/vn-index/", "en")):
        response = client.get(f"{path}card.png")
        assert response["Content-Type"] == "image/png"
        assert response.content == bytes(drawn(language).png)
        assert response["ETag"] == f'"{drawn(language).etag}"'
        again = client.get(f"{path}card.png", headers={"if-none-match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_until_it_is_drawn_the_site_s_own_stands_in_and_a_stranger_draws_nothing(
    client: Client,
) -> None:
    report = make_report(status="published")
    response = client.get("/reports/vn-index/card.png")
    assert response.content == Path(cards.DEFAULT).read_bytes()
    assert "no-store" in response["Cache-Control"]
    assert "ETag" not in response
    assert ReportCard.objects.count() == 0
    cards.draw_missing()
    assert withdraw(report)
    for path in ("/reports/vn-index/card.png", "/reports/nothing/card.png"):
        assert client.get(path).status_code == 404


def test_pillow_is_loaded_where_a_card_is_drawn_and_nowhere_before() -> None:
    code = (
        "import django, sys; django.setup();"
        "import marketsite.urls, reports.tasks;"
        "assert 'PIL' not in sys.modules;"
        "from reports.publishing import cards;"
        "cards.Artist(cards.FONTS).card(cards.default_content());"
        "assert 'PIL.Image' in sys.modules"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "marketsite.settings"}

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, check=True)
