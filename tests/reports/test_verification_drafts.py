"""What whole drafts taught: promises, advice, causes, coins against equities, what items prove."""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS, items, sheet_of
from reports.writing.verification import Declared, verify_text


def reasons(
    language: str, text: str, *declared: Declared, section: str = "", sheet: str = "slide"
) -> list[str]:
    facts = sheet_of(*SHEETS[sheet])
    checked = verify_text(text, facts, declared, items(), language, section)
    return [item.reason for item in checked if not item.passed]


@pytest.mark.parametrize(
    ("language", "text", "certain"),
    [
        ("en", "VN-Index will reclaim {{vnindex.resistance}} points within five sessions.", True),
        ("en", "VN-Index is bound to hold {{vnindex.support}} points next week.", True),
        ("vi", "Chỉ số sẽ lấy lại {{vnindex.resistance}} điểm trong năm phiên tới.", True),
        ("vi", "Đà giảm chắc chắn còn kéo dài trong năm phiên tới.", True),
        ("en", "If it closes above {{vnindex.resistance}} points, VN-Index will gain.", False),
        ("en", "Nothing guarantees that VN-Index will hold {{vnindex.support}} points.", False),
        ("en", "The market will reopen on Friday 7 July.", False),
        ("vi", "Phiên kế tiếp sẽ mở cửa thứ Sáu 7/7.", False),
        ("vi", "Năm phiên tới sẽ cho biết mốc {{vnindex.support}} điểm có giữ được không.", False),
    ],
)
def test_what_has_not_happened_is_told_with_a_condition(
    language: str, text: str, certain: bool
) -> None:
    found = any("has not happened yet" in reason for reason in reasons(language, text))
    assert found is certain


@pytest.mark.parametrize(
    ("language", "text", "advises"),
    [
        ("en", "Investors should hold their shares until {{vnindex.resistance}} points.", True),
        ("en", "This is an opportunity to accumulate shares.", True),
        ("vi", "Có thể cân nhắc mở vị thế mua quanh {{vnindex.support}} điểm.", True),
        ("vi", "Ưu tiên giữ tiền mặt khi VN-Index còn dưới {{vnindex.resistance}} điểm.", True),
        ("en", "Should selling persist, {{vnindex.support}} points is the level to watch.", False),
        ("en", "Readers should bear in mind that a frequency is no promise.", False),
        ("vi", "Nhà đầu tư nên theo dõi mốc {{vnindex.support}} điểm trong năm phiên tới.", False),
        ("vi", "Bản tin không khuyên mua hay bán.", False),
    ],
)
def test_no_report_says_what_to_do_with_shares(language: str, text: str, advises: bool) -> None:
    found = any("advises what to buy" in reason for reason in reasons(language, text))
    assert found is advises


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("en", "VN-Index fell because foreign funds rushed to sell.", True),
        ("en", "VN-Index fell as margin calls hit retail accounts.", True),
        ("vi", "Khối lượng cao hơn trung bình 20 phiên nhờ dòng tiền nhập cuộc.", True),
        ("vi", "Thanh khoản hụt khiến VN-Index giảm.", True),
        ("en", "VN-Index fell amid broad declines.", False),
        ("vi", "Mức giảm {{vnindex.change_percent|abs}} khiến VN-Index rời xa tham chiếu.", False),
        ("vi", "Vì thiếu số liệu, bản tin không nói vì sao VN-Index giảm.", False),
    ],
)
def test_why_the_market_moved_no_figure_tells(language: str, text: str, named: bool) -> None:
    found = any("names a cause" in reason for reason in reasons(language, text))
    assert found is named


BOTH = Declared("71.5%", "derived", "crypto.dominance_btc + crypto.dominance_eth")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Risers outnumbered fallers, {{crypto.advances}} to {{crypto.declines}}.", True),
        ("Fallers outnumbered risers, {{crypto.declines}} to {{crypto.advances}}.", False),
        ("Risers outnumbered fallers, {{crypto.declines}} to {{crypto.advances}}.", False),
        ("Bitcoin holds {{crypto.dominance_btc}} and Ethereum {{crypto.dominance_eth}}.", True),
        ("Bitcoin holds {{crypto.dominance_eth}} of the market.", False),
        ("Bitcoin and Ethereum together make up 71.5% of the market.", True),
        ("Bitcoin alone makes up 71.5% of the market.", False),
        ("Turnover over 24 hours came to {{crypto.volume_24h}}.", True),
        ("Turnover over 24 hours came to {{crypto.market_cap}}.", False),
        ("Ethereum had the largest gain and Chainlink the largest loss.", True),
        ("XRP had the largest gain and Chainlink the largest loss.", False),
        ("Crypto moved against Vietnamese stocks: one rose over 24 hours, the other fell.", True),
        ("Crypto rose over 24 hours, in the same direction as Vietnamese stocks.", False),
        ("Crypto rose over 24 hours, against the falling session of Vietnamese stocks.", True),
        ("Crypto rose over 24 hours, against the rising session of Vietnamese stocks.", False),
    ],
)  # fmt: skip
def test_coins_are_counted_weighed_and_held_against_equities(text: str, right: bool) -> None:
    assert (reasons("en", text, BOTH, section="crypto") == []) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("The overnight rate rose, a gauge to read alongside liquidity [[n12]].", True),
        ("The overnight rate fell, a gauge to read alongside liquidity [[n12]].", False),
        ("Wall Street fell amid rising bond yields [[n16]].", True),
        ("Wall Street rose amid rising bond yields [[n16]].", False),
        ("Foreigners were net buyers for a second session in a row [[n4]].", True),
        ("Foreigners were net buyers for a third session in a row [[n4]].", False),
        ("New orders grew for a third month in a row [[n29]].", True),
        ("New orders grew for a fourth month in a row [[n29]].", False),
        ("Electronics shipments rose 12.5% [[n14]].", True),
        ("Exports rose 12.5% [[n14]].", False),
    ],
)
def test_an_item_proves_what_it_tells_of_the_same_thing(text: str, right: bool) -> None:
    declared = Declared("12.5%", "cited", "n14")
    assert (reasons("en", text, declared, section="news") == []) is right
