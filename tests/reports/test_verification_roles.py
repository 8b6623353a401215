"""Which figure a word belongs to, where a sentence holds several of one kind.

Each text is true as it stands and false with its two references exchanged, or with the second one
in the place of the first.
"""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS, sheet_of
from reports.writing.verification import verify_text

PAIRS = [
    # a distance then and now, whichever comes first
    ("loss", "en", "The gap to the 20-session average widened from {a} to {b}.", "sma20"),
    ("loss", "en", "The gap to the 20-session average widened to {b} from {a}.", "sma20"),
    ("loss", "vi", "Khoảng cách với đường trung bình 20 phiên nới rộng từ {a} lên {b}.", "sma20"),
    ("slide", "vi", "Khoảng cách với đường trung bình 20 phiên thu hẹp từ {a} còn {b}.", "sma20"),
    # each chance behind its outcome, or each before it
    ("slide", "en", "A close above {r} came in {a} of cases, one below {s} in {b}.", "chance"),
    ("slide", "en", "The odds are {a} for a close above {r} and {b} for one below {s}.", "chance"),
    ("slide", "vi", "Kịch bản trên {r} điểm có tần suất {a}, dưới {s} điểm {b}.", "chance"),
    # a count that another one stands before
    ("split", "en", "It rose for {a} sessions running to its highest close in {b}.", "run"),
    ("split", "vi", "Chuỗi tăng dài {a} phiên đưa VN-Index lên mức cao nhất {b} phiên.", "run"),
    # what the stocks did in words of no table
    ("slide", "en", "With {a} HoSE stocks on the rise, {b} were on the way down.", "stocks"),
    ("slide", "vi", "HoSE có {a} mã nhích lên và {b} mã lùi.", "stocks"),
    # the session's edges
    ("slide", "en", "It closed {a} above the low and {b} below the high.", "edges"),
    ("slide", "vi", "VN-Index khép phiên cách đáy {a}, cách đỉnh {b} trong biên độ ngày.", "edges"),
    # a yardstick's own figure
    ("gain", "en", "VN30 was second with {a}, ahead of HNX30 with {b}.", "indices"),
    ("gain", "vi", "VN30 đứng thứ hai với {a}, trên HNX30 với {b}.", "indices"),
]
FACTS = {
    "sma20": ("vnindex.before_sma20|abs", "vnindex.distance_sma20|abs"),
    "chance": ("vnindex.p_above", "vnindex.p_below"),
    "run": ("vnindex.streak_up", "vnindex.sessions_highest"),
    "stocks": ("vnindex.advances", "vnindex.declines"),
    "edges": ("vnindex.distance_low|abs", "vnindex.distance_high|abs"),
    "indices": ("vn30.change_percent|abs", "hnx30.change_percent|abs"),
}
SPANS = [
    ("split", "en", "The whole session fitted into {a}, between {l} and {h} points."),
    ("quiet", "en", "High and low lay {a} apart."),
    ("slide", "vi", "Đỉnh và đáy trong phiên cách nhau {a}."),
    ("rally", "vi", "VN-Index chỉ xê dịch {a} trong phiên, từ {l} đến {h} điểm."),
]


def is_true(text: str, session: str, language: str, **facts: str) -> bool:
    """Whether everything in a text passes, its places filled with references."""
    levels = {"r": "resistance", "s": "support", "l": "low", "h": "high"}
    places = {name: f"vnindex.{level}" for name, level in levels.items()} | facts
    said = text.format(**{name: f"{{{{{key}}}}}" for name, key in places.items()})
    return all(
        item.passed for item in verify_text(said, sheet_of(*SHEETS[session]), (), (), language)
    )


@pytest.mark.parametrize(("session", "language", "text", "kind"), PAIRS)
def test_each_of_two_figures_has_its_own_words(
    session: str, language: str, text: str, kind: str
) -> None:
    a, b = FACTS[kind]
    assert is_true(text, session, language, a=a, b=b)
    assert not is_true(text, session, language, a=b, b=a)
    assert not is_true(text, session, language, a=b, b=b)


@pytest.mark.parametrize(("session", "language", "text"), SPANS)
def test_how_far_the_edges_lie_apart_is_no_other_percentage(
    session: str, language: str, text: str
) -> None:
    assert is_true(text, session, language, a="vnindex.range_percent")
    for name in ("change_percent|abs", "distance_low|abs", "volatility20"):
        assert not is_true(text, session, language, a=f"vnindex.{name}")
