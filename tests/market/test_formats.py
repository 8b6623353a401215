"""Figures, dates and names as the Vietnamese and the English press write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from market import formats

FRIDAY = date(2026, 8, 21)
MOMENT = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


def plain(text: str) -> str:
    """The text with no-break spaces shown as `_`."""
    return text.replace("\u00a0", "_")


@pytest.mark.parametrize(
    ("value", "places", "vietnamese", "english"),
    [
        ("1768.12", 2, "1.768,12", "1,768.12"),
        ("128.18", 2, "128,18", "128.18"),
        ("-3.11", 2, "-3,11", "-3.11"),
        ("1234567.5", 1, "1.234.567,5", "1,234,567.5"),
        ("0", 2, "0,00", "0.00"),
        ("23412.88", 0, "23.413", "23,413"),
    ],
)
def test_numbers_use_each_languages_separators(
    value: str, places: int, vietnamese: str, english: str
) -> None:
    assert formats.number(Decimal(value), places, "vi") == vietnamese
    assert formats.number(Decimal(value), places, "en") == english


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.005", "0.01"), ("0.015", "0.02"), ("2.675", "2.68"), ("-0.005", "-0.01")],
)
def test_halves_are_rounded_away_from_zero(value: str, expected: str) -> None:
    assert formats.number(Decimal(value), 2, "en") == expected


def test_a_float_is_rounded_as_it_is_written() -> None:
    assert formats.number(2.675, 2, "en") == "2.68"


@pytest.mark.parametrize("sign", ["auto", "always", "never"])
def test_what_rounds_to_zero_has_no_sign(sign: formats.Sign) -> None:
    assert formats.number(Decimal("-0.004"), 2, "vi", sign) == "0,00"
    assert formats.number(Decimal("0.004"), 2, "vi", sign) == "0,00"


def test_signs_are_automatic_forced_or_left_out() -> None:
    value = Decimal("1.954")
    assert [formats.number(value, 2, "vi", sign) for sign in ("auto", "always", "never")] == [
        "1,95",
        "+1,95",
        "1,95",
    ]
    assert [formats.number(-value, 2, "vi", sign) for sign in ("auto", "always", "never")] == [
        "-1,95",
        "-1,95",
        "1,95",
    ]


def test_percent_stands_against_its_number() -> None:
    assert formats.percent(Decimal("1.9536"), "vi", "always") == "+1,95%"
    assert formats.percent(Decimal("-0.51"), "vi") == "-0,51%"
    assert formats.percent(Decimal("1.9536"), "en", "never") == "1.95%"
    assert formats.percent(Decimal("65.14"), "vi", places=1) == "65,1%"


def test_points_carry_their_unit() -> None:
    assert plain(formats.points(Decimal("1768.12"), "vi")) == "1.768,12_điểm"
    assert plain(formats.points(Decimal("1768.12"), "en")) == "1,768.12_points"


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (783_548_119, "783,5_triệu_cổ_phiếu", "783.5_million_shares"),
        (1_020_000_000, "1,02_tỷ_cổ_phiếu", "1.02_billion_shares"),
        (999_949_999, "999,9_triệu_cổ_phiếu", "999.9_million_shares"),
        (999_950_000, "1,00_tỷ_cổ_phiếu", "1.00_billion_shares"),
        (1_000_000, "1,0_triệu_cổ_phiếu", "1.0_million_shares"),
        (12_345, "12.345_cổ_phiếu", "12,345_shares"),
        (0, "0_cổ_phiếu", "0_shares"),
        (-5_000_000, "-5,0_triệu_cổ_phiếu", "-5.0_million_shares"),
    ],
)
def test_volumes_choose_their_scale(value: int, vietnamese: str, english: str) -> None:
    assert plain(formats.shares(value, "vi")).replace("cổ phiếu", "cổ_phiếu") == vietnamese
    assert plain(formats.shares(value, "en")) == english


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (23_412_880_517_310, "23.413_tỷ_đồng", "VND_23.4_trillion"),
        (1_020_000_000_000_000, "1,02_triệu_tỷ_đồng", "VND_1,020.0_trillion"),
        (999_999_400_000_000, "999.999_tỷ_đồng", "VND_1,000.0_trillion"),
        (999_999_500_000_000, "1,00_triệu_tỷ_đồng", "VND_1,000.0_trillion"),
        (612_050_904_300, "612_tỷ_đồng", "VND_612.1_billion"),
        (999_960_000_000, "1.000_tỷ_đồng", "VND_1.0_trillion"),
        (9_940_000_000, "9,9_tỷ_đồng", "VND_9.9_billion"),
        (9_960_000_000, "10_tỷ_đồng", "VND_10.0_billion"),
        (40_000_000, "40_triệu_đồng", "VND_40_million"),
        (0, "0_đồng", "VND_0"),
    ],
)
def test_amounts_choose_their_scale(value: int, vietnamese: str, english: str) -> None:
    assert plain(formats.vnd(value, "vi")) == vietnamese
    assert plain(formats.vnd(value, "en")) == english


def test_no_number_parts_from_its_unit_at_a_line_end() -> None:
    for language in ("vi", "en"):
        for text in (
            formats.points(Decimal("1768.12"), language),
            formats.vnd(23_412_880_517_310, language),
            formats.clock_time(MOMENT, language),
            formats.age(timedelta(minutes=5), language),
        ):
            assert " " not in text
        assert " " not in formats.shares(783_548_119, language).replace("cổ phiếu", "")


def test_dates_are_written_as_each_language_does() -> None:
    assert formats.day(FRIDAY, "vi") == "21/8/2026"
    assert plain(formats.day(FRIDAY, "en")) == "21_August_2026"
    assert formats.short_day(FRIDAY, "vi") == "21/8"
    assert plain(formats.short_day(FRIDAY, "en")) == "21_August"
    assert plain(formats.month(FRIDAY, "vi")) == "thg_8"
    assert formats.month(FRIDAY, "en") == "Aug"


def test_weekdays_are_named_in_each_language() -> None:
    week = [FRIDAY + timedelta(days=step) for step in range(3, 10)]
    assert [formats.weekday(day, "vi") for day in week] == [
        "thứ Hai",
        "thứ Ba",
        "thứ Tư",
        "thứ Năm",
        "thứ Sáu",
        "thứ Bảy",
        "Chủ nhật",
    ]
    assert [formats.weekday(day, "en") for day in week] == [f"{day:%A}" for day in week]


def test_moments_are_shown_in_vietnams_time() -> None:
    assert plain(formats.moment(MOMENT, "vi")) == "21/8/2026, 15:10_(GMT+7)"
    assert plain(formats.moment(MOMENT, "en")) == "21_August_2026, 15:10_ICT"
    late = datetime(2026, 8, 21, 17, 5, tzinfo=UTC)
    assert plain(formats.moment(late, "vi")) == "22/8/2026, 00:05_(GMT+7)"


def test_a_time_of_day_in_text_has_no_leading_zero_in_vietnamese() -> None:
    assert formats.clock_time(MOMENT, "vi") == "15h10"
    assert plain(formats.clock_time(MOMENT, "en")) == "15:10_ICT"
    assert formats.clock_time(datetime(2026, 8, 21, 2, 5, tzinfo=UTC), "vi") == "9h05"


@pytest.mark.parametrize(
    ("seconds", "vietnamese", "english"),
    [
        (-3, "0_giây", "0_seconds"),
        (1, "1_giây", "1_second"),
        (59, "59_giây", "59_seconds"),
        (60, "1_phút", "1_minute"),
        (3599, "59_phút", "59_minutes"),
        (3600, "1_giờ", "1_hour"),
        (86_400 * 3 + 5, "3_ngày", "3_days"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(
    seconds: int, vietnamese: str, english: str
) -> None:
    assert plain(formats.age(timedelta(seconds=seconds), "vi")) == vietnamese
    assert plain(formats.age(timedelta(seconds=seconds), "en")) == english


def test_indices_and_sources_have_the_names_that_the_press_uses() -> None:
    codes = ("VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")
    names = [formats.index_name(code) for code in codes]
    assert names == ["VN-Index", "VN30", "HNX-Index", "HNX30", "UPCoM-Index"]
    assert formats.index_name("VNMID") == "VNMID"
    assert formats.source_name("vndirect", "vi") == "VNDirect"
    assert formats.source_name("demo", "vi") == "dữ liệu mô phỏng"
    assert formats.source_name("demo", "en") == "simulated data"
