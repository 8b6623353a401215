"""Which outcome of a scenario is called the likelier: by the chances that the sheet holds.

`rally` puts 44 % above resistance, 25 % between and 31 % below support; `slide` 30, 28 and 42;
`up` 51, 35 and 14; `down` 24, 61 and 15.
"""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS, items, sheet_of
from reports.writing.verification import Checked, verify_text

REVERSED = "is wrong the other way round"
RESISTANCE, SUPPORT = "{{vnindex.resistance}}", "{{vnindex.support}}"
ABOVE, BELOW = "{{vnindex.p_above}}", "{{vnindex.p_below}}"
THREE = f"{ABOVE}, {{{{vnindex.p_between}}}} và {BELOW}"

# One outcome against another: {a} is the likelier in `rally`, {b} in `slide`.
EITHER_WAY = [
    ("en", "The odds favour a close {a} over one {b}."),
    ("en", "Past frequency slightly favours a close {a} rather than a close {b}."),
    ("en", "The probabilities lean towards a close {a} more than one {b}."),
    ("en", "Chances are tilted towards a finish {a}, not {b}."),
    ("en", "A close {a} is favoured over one {b} by the observed frequency."),
    ("en", "A close {a} is likelier than a close {b}."),
    ("en", "A close {a} is more probable than one {b}."),
    ("en", "A close {a} has better odds than one {b}."),
    ("en", "The chance of a close {a} exceeds that of a close {b}."),
    ("en", "The odds of a close {a} outweigh those of one {b}."),
    ("en", "The odds do not favour a close {b} over one {a}."),
    ("en", "A close {b} is less probable than one {a}."),
    ("vi", "Xác suất nghiêng về kịch bản {a} hơn là {b}."),
    ("vi", "Thống kê một năm qua nghiêng hẳn về khả năng đóng cửa {a} thay vì {b}."),
    ("vi", "Tần suất quan sát ủng hộ kịch bản {a} hơn kịch bản {b}."),
    ("vi", "Xác suất không nghiêng về kịch bản {b} hơn kịch bản {a}."),
    ("vi", "Kịch bản {a} dễ xảy ra hơn kịch bản {b}."),
    ("vi", "Kịch bản {a} có nhiều khả năng xảy ra hơn {b}."),
    ("vi", "Kịch bản {a} chiếm ưu thế so với kịch bản {b}."),
    ("vi", "Kịch bản {b} khó xảy ra hơn kịch bản {a}."),
]
SIDES = {
    "en": (("above resistance", "below support"), (f"above {RESISTANCE}", f"below {SUPPORT}")),
    "vi": (
        ("trên kháng cự", "dưới hỗ trợ"),
        (f"trên {RESISTANCE} điểm", f"dưới {SUPPORT} điểm"),
    ),
}

# One outcome alone, true of the first sheet and false of the second.
ALONE = [
    ("en", "The odds favour a close above resistance.", "rally", "slide"),
    ("en", f"The odds favour a close below {SUPPORT} points.", "slide", "rally"),
    ("en", "The odds favour a close between support and resistance.", "down", "up"),
    ("en", "The odds do not favour a close above resistance.", "slide", "rally"),
    ("en", "The odds favour the upside.", "rally", "slide"),
    ("en", "Past frequency leans towards the downside.", "slide", "rally"),
    ("en", f"Chances are tilted to the upside: {ABOVE} against {BELOW}.", "rally", "slide"),
    ("en", "The odds are against a close above resistance.", "slide", "up"),
    ("en", "Compared with a close below support, one above resistance is likelier.", "up", "slide"),
    ("en", "A close above resistance is more likely than not.", "up", "rally"),
    ("en", "A close above resistance is less likely than not.", "rally", "up"),
    ("vi", "Khả năng đóng cửa trên kháng cự cao hơn đóng cửa dưới hỗ trợ.", "rally", "slide"),
    ("vi", "Đóng cửa dưới hỗ trợ có khả năng cao hơn so với trên kháng cự.", "slide", "rally"),
    (
        "vi",
        "So với kịch bản dưới hỗ trợ, kịch bản trên kháng cự có xác suất cao hơn.",
        "up",
        "slide",
    ),
    ("vi", "Nhiều khả năng VN-Index đi ngang hơn là vượt kháng cự.", "down", "slide"),
    ("vi", "Các kịch bản nghiêng về chiều tăng.", "rally", "slide"),
    ("vi", f"Xác suất nghiêng về phía giảm: {BELOW} so với {ABOVE}.", "slide", "rally"),
    ("vi", f"Ba tần suất là {THREE}, nghiêng về khả năng dưới {SUPPORT} điểm.", "slide", "up"),
    ("vi", f"Tần suất quá khứ nghiêng về khả năng vượt {RESISTANCE} điểm.", "rally", "slide"),
    ("vi", "Kịch bản được thống kê ủng hộ nghiêng về đi ngang giữa hai mức.", "down", "up"),
    ("vi", "Xác suất chưa nghiêng về kịch bản trên kháng cự.", "slide", "rally"),
]

# What says nothing of the outcomes' order, or only under a condition.
SILENT = [
    ("en", "Breadth favoured sellers while the odds in the scenarios stayed balanced.", "slide"),
    ("en", "The odds favour neither side.", "slide"),
    ("en", "If volume returns, the odds favour a close above resistance over one below.", "slide"),
    ("en", "The odds favour patience over haste.", "slide"),
    ("en", "The odds favour VN-Index staying below resistance over closing above it.", "slide"),
    (
        "en",
        f"A close above resistance has a chance of {ABOVE}, one below support {BELOW}.",
        "rally",
    ),
    (
        "en",
        f"The chance of exceeding {RESISTANCE} points within five sessions is {ABOVE}.",
        "slide",
    ),
    ("vi", "Kịch bản vẫn để ngỏ khi độ rộng nghiêng về bên bán.", "slide"),
    ("vi", "Xác suất chưa nghiêng hẳn về bên nào.", "slide"),
    ("vi", "Nếu thanh khoản trở lại, xác suất nghiêng về kịch bản trên kháng cự.", "slide"),
    ("vi", f"Xác suất vượt {RESISTANCE} điểm trong năm phiên là {ABOVE}.", "slide"),
]


def judged(text: str, language: str, session: str) -> list[Checked]:
    day, number = SHEETS[session]
    return verify_text(text, sheet_of(day, number), [], items(), language)


@pytest.mark.parametrize(("language", "text"), EITHER_WAY)
@pytest.mark.parametrize("sides", [0, 1], ids=["in words", "by level"])
def test_the_likelier_of_two_outcomes_is_the_one_with_the_larger_chance(
    language: str, text: str, sides: int
) -> None:
    above, below = SIDES[language][sides]
    for said, holds, fails in (
        (text.format(a=above, b=below), "rally", "slide"),
        (text.format(a=below, b=above), "slide", "rally"),
    ):
        assert [item.reason for item in judged(said, language, holds) if not item.passed] == []
        wrong = [item for item in judged(said, language, fails) if not item.passed]
        assert [item.reason.endswith(f"{REVERSED}.") for item in wrong] == [True], (said, wrong)
        assert set(wrong[0].evidence.split(", ")) == {"vnindex.p_above", "vnindex.p_below"}


@pytest.mark.parametrize(("language", "text", "holds", "fails"), ALONE)
def test_the_outcome_that_is_favoured_has_the_largest_chance(
    language: str, text: str, holds: str, fails: str
) -> None:
    assert [item.reason for item in judged(text, language, holds) if not item.passed] == []
    assert [item.reason for item in judged(text, language, fails) if not item.passed] != []


@pytest.mark.parametrize(("language", "text", "session"), SILENT)
def test_no_order_is_read_into_what_tells_none(language: str, text: str, session: str) -> None:
    assert [item.reason for item in judged(text, language, session) if not item.passed] == []
