"""Advice and unproven causes are refused, in either language; what only sounds like it is not."""

from __future__ import annotations

import pytest

from reports.facts import FactSheet
from reports.writing.research import Item
from reports.writing.verification import Checked, verify_text
from tests.reports.sessions import session, sheet_of

ADVICE = "advises what to buy or sell, which no report may"
CAUSE = "names a cause that no figure proves"
NEWS = Item(
    id="n1",
    title="SSI khuyến nghị mua cổ phiếu FPT",
    summary="Theo SSI, VN30 kéo VN-Index đi lên.",
    url="https://news.example/1",
    source="news.example",
    published=None,
    old=False,
)


@pytest.fixture(scope="module")
def sheet() -> FactSheet:
    return sheet_of(session("surge"))


def refused(text: str, sheet: FactSheet) -> list[Checked]:
    language = "vi" if any(ord(letter) > 127 for letter in text) else "en"
    found = verify_text(text, sheet, [], [NEWS], language)
    return [item for item in found if ADVICE in item.reason or CAUSE in item.reason]


@pytest.mark.parametrize(
    "text",
    [
        "Nhà đầu tư nên mua vào trong phiên tới.",
        "Nhà đầu tư hãy tranh thủ gom cổ phiếu.",
        "Bài viết đưa ra khuyến nghị mua với nhóm này.",
        "Đã đến lúc giải ngân ngay.",
        "Đây là thời điểm tốt để mua vào.",
        "Bạn đọc nên chốt lời.",
        "Nhà đầu tư cần bán ra.",
        "You should buy on this dip, at any level.",
        "Investors should take profits here.",
        "This is a strong buy.",
        "We recommend the index as it stands.",
        "Now is the time to buy.",
        "Buy now, before the close.",
    ],
)
def test_advice_is_refused_with_the_reason(sheet: FactSheet, text: str) -> None:
    (found,) = refused(text, sheet)
    assert (found.kind, found.passed) == ("claim", False)
    assert found.reason == f"“{found.figure}” {ADVICE}."


@pytest.mark.parametrize(
    "text",
    [
        "VN30 kéo thị trường lên.",
        "VN30 kéo VN-Index đi lên.",
        "VN-Index tăng nhờ đà tăng của VN30.",
        "VN30 giảm khiến VN-Index mất điểm.",
        "Bitcoin đẩy Ethereum lên.",
        "VN30 lifted the market.",
        "VN-Index rose on the back of VN30.",
        "VN30 dragged VN-Index down.",
    ],
)
def test_one_index_is_not_said_to_have_moved_another(sheet: FactSheet, text: str) -> None:
    (found,) = refused(text, sheet)
    assert (found.kind, found.reason) == ("claim", f"“{found.figure}” {CAUSE}.")


@pytest.mark.parametrize(
    "text",
    [
        "Nội dung này không phải khuyến nghị mua bán.",
        "Báo cáo không đưa ra khuyến nghị mua bán nào.",
        "Nhà đầu tư nên theo dõi thanh khoản trong những phiên tới.",
        "Lực mua áp đảo ở cuối phiên, bên bán đứng ngoài.",
        "VN-Index kéo dài chuỗi tăng.",
        "VN-Index tăng, VN30 cũng tăng.",
        "VN30 tăng mạnh hơn VN-Index.",
        "This report is not a recommendation to buy or sell anything.",
        "Strong buying came late in the session.",
        "Readers should bear in mind that this is no advice.",
        "VN30 led VN-Index by half a percent.",
        "SSI khuyến nghị mua cổ phiếu FPT [[n1]].",
    ],
)
def test_what_only_sounds_like_it_passes(sheet: FactSheet, text: str) -> None:
    assert refused(text, sheet) == []
