"""The verifier on what a session did on its way: its edges, runs that ended, counts in pairs."""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS, sheet_of
from reports.writing.verification import verify_text
from reports.writing.verification.reading.traded import by_volume


def passes(day: str, text: str, language: str) -> bool:
    return all(item.passed for item in verify_text(text, sheet_of(*SHEETS[day]), (), (), language))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("From there VN-Index slid as far as {} points.", "en"),
        ("The index opened at {{{{vnindex.open}}}} points and sank to {} points.", "en"),
        ("Từ đó VN-Index trượt xuống tận {} điểm.", "vi"),
        ("VN-Index có lúc lùi về {} điểm.", "vi"),
    ],
)
def test_a_fall_within_the_session_leads_to_its_low_and_to_no_other_level(
    text: str, language: str
) -> None:
    names = ("low", "high", "open", "previous_close")
    led_to = [
        name for name in names if passes("slide", text.format(f"{{{{vnindex.{name}}}}}"), language)
    ]

    assert led_to == ["low"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("VN-Index closed at {{vnindex.low}} points, having slid all day.", "en"),
        ("VN-Index fell {{vnindex.change|abs}} points to {{vnindex.low}} points.", "en"),
        ("VN-Index chốt phiên lùi về {{vnindex.low}} điểm.", "vi"),
        ("VN-Index giảm {{vnindex.change|abs}} điểm xuống {{vnindex.low}} điểm.", "vi"),
    ],
)
def test_a_close_or_a_day_s_move_never_leads_to_the_session_s_low(text: str, language: str) -> None:
    assert not passes("slide", text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("HNX had {} advances against {} declines, UPCoM {} against {}.", "en"),
        ("HNX có {} mã tăng so với {} mã giảm, còn trên UPCoM là {} so với {}.", "vi"),
    ],
)
def test_a_pair_of_counts_without_nouns_keeps_the_order_of_the_pair_before(
    text: str, language: str
) -> None:
    first = ["{{hnxindex.advances}}", "{{hnxindex.declines}}"]
    second = ["{{upcomindex.advances}}", "{{upcomindex.declines}}"]

    assert passes("loss", text.format(*first, *second), language)
    assert not passes("loss", text.format(*first, *reversed(second)), language)


def test_words_of_a_run_that_the_day_ended_belong_to_the_past() -> None:
    text = "The fall ends a run of {{{{vnindex.broken_streak_up}}}} straight {} sessions."

    assert passes("slide", text.format("rising"), "en")
    assert not passes("slide", text.format("falling"), "en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("volume reached 5, below its average, and the lowest in 10 sessions", True),
        ("volume was low, and the close was the lowest in 10 sessions", False),
        ("the lowest in 10 sessions, on thin volume", False),
        ("khối lượng đạt 5, dưới trung bình và thấp nhất trong 10 phiên", True),
    ],
)
def test_a_superlative_is_of_what_was_named_last_before_it(text: str, expected: bool) -> None:
    at = max(text.find("lowest in"), text.find("thấp nhất"))

    assert by_volume(text, at, at + len("thấp nhất")) is expected
