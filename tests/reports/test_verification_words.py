"""Claims in words that the facts decide: one word makes each true, another makes it false.

On 25 November 2022 (`gain`) all five indices rose, on 6 July 2022 (`loss`) all fell, on 20 October
2020 (`split`) three of four rose, on 12 January 2023 (`quiet`) VN-Index alone did.
"""

from __future__ import annotations

import pytest

from bench.verification_labels import SHEETS, SPARSE, items, sheet_of, sparse
from reports.writing.verification import verify_text

# Day, language, text with a gap, the words that make it true, and those that make it false; <key>
# stands for a reference.
TURNED = [
    # how far, in words: 1.98 points above the low, 25.2 % below the high, 0.39 points short
    ("loss", "en", "VN-Index closed within {} of its session low.", "two points", "a point"),
    ("loss", "en", "VN-Index is more than a {} below its 52-week high.", "quarter", "third"),
    ("loss", "vi", "HNX-Index chỉ cách đáy 52 tuần chưa tới {} điểm.", "một", "nửa"),
    ("loss", "vi", "So với đỉnh 52 tuần, VN-Index đã {} hơn một phần tư.", "thấp", "cao"),
    ("gain", "en", "VN-Index rose more than {} points.", "twenty", "thirty"),
    ("gain", "vi", "Hơn {} số mã trên HoSE tăng giá.", "bốn phần năm", "chín phần mười"),
    # how many, held against a figure or another index
    ("gain", "en", "{} indices rose more than <hnx30.change_percent>.", "Two", "Three"),
    ("gain", "vi", "Ba chỉ số tăng ít hơn {}.", "VN30", "VN-Index"),
    ("gain", "en", "Only VN-Index gained more than {}.", "VN30", "HNX30"),
    ("split", "en", "Three indices rose: VN-Index, VN30 and {}.", "UPCoM-Index", "HNX-Index"),
    ("loss", "en", "Not one of the five indices ended {}.", "higher", "lower"),
    ("quiet", "vi", "Không phải cả năm chỉ số đều {}.", "giảm", "đi ngang cả năm"),
    ("quiet", "en", "All but {} fell.", "VN-Index", "VN30"),
    ("loss", "en", "{} of the five have now fallen for three sessions in a row.", "Three", "Four"),
    # ranks below the first, gauges ranked, those that led
    ("gain", "en", "VN30's gain was the {} biggest of the five.", "second", "third"),
    ("loss", "vi", "{} giảm mạnh thứ hai, sau VN-Index.", "VN30", "HNX30"),
    ("gain", "en", "The RSI 14 of {} is the highest of the five.", "HNX30", "VN30"),
    ("gain", "vi", "Không chỉ số nào có RSI 14 cao hơn {}.", "HNX30", "HNX-Index"),
    ("loss", "en", "All five indices fell, led lower by {}.", "VN-Index", "HNX-Index"),
    ("gain", "en", "VN-Index and {} led the gains.", "VN30", "HNX30"),
    # the same way, or not; one against another
    ("split", "vi", "HNX-Index đi {} ba chỉ số còn lại.", "ngược chiều", "cùng chiều với"),
    ("loss", "en", "Breadth was more lopsided on {}.", "HNX than on UPCoM", "UPCoM than on HNX"),
    ("gain", "vi", "Độ rộng trên {}.", "HNX cân bằng hơn so với HoSE", "HoSE cân bằng hơn HNX"),
    ("loss", "en", "On {} twice as many stocks hit their floor as their ceiling.", "HNX", "UPCoM"),
    # trading, and the prices that it confirms or denies
    ("gain", "en", "Volume, below its average, did not confirm the {}.", "rise", "fall"),
    ("loss", "vi", "Thanh khoản {} trung bình 20 phiên.", "xấp xỉ", "không đột biến, trên"),
    # a level told of a level, and conditions that can come
    ("gain", "en", "It may test <vnindex.resistance> points, a level {} its 20-session average.",
     "above", "below"),
    ("gain", "vi", "Nếu không {} điểm, VN-Index có thể lùi sâu hơn.",
     "giữ được <vnindex.support>", "lấy lại <vnindex.round_crossed>"),
    ("split", "en", "All four indices are above their 200-session averages, though {} is below its "
     "20-session line.", "HNX-Index", "VN30"),
    # moments of the session, and days
    ("split", "en", "After a {} open, VN-Index touched <vnindex.low>.", "lower", "higher"),
    ("loss", "en", "VN-Index pared its loss to {} points at one stage.",
     "<vnindex.high>", "<vnindex.low>"),
    ("gain", "vi", "Thị trường nghỉ cuối tuần và giao dịch trở lại vào ngày {}.", "28/11", "29/11"),
    ("split", "en", "Prices are of {} October; the next session is on 21 October.", "20", "19"),
    ("gain", "en", "VN-Index had closed {} <vnindex.round_crossed> points a day earlier.",
     "below", "above"),
    # the close held against a level, and one level against another
    ("gain", "en", "The close equals the session {}.", "high", "low"),
    ("gain", "vi", "Mức đóng cửa bằng đúng mức {} nhất phiên.", "cao", "thấp"),
    ("quiet", "en", "The close is {} to support than to resistance.", "nearer", "farther"),
    ("quiet", "vi", "VN-Index gần {} hơn kháng cự.", "hỗ trợ", "đỉnh 52 tuần"),
    ("gain", "en", "VN-Index closed {} all three of its averages.", "below", "above"),
    ("loss", "en", "VN-Index gapped {} at the open.", "down", "up"),
    ("loss", "en", "VN-Index closed near the {} of its range.", "bottom", "top"),
    ("gain", "en", "VN30 {}, up <vn30.change_percent|abs>.", "underperformed", "outperformed"),
    ("loss", "vi", "Nhóm vốn hóa lớn giảm {} hơn mặt bằng chung.", "ít", "sâu"),
    ("quiet", "en", "Trading was {} than average.", "thinner", "heavier"),
    ("quiet", "en", "The odds tilt {}.", "downwards", "upwards"),
    ("loss", "en", "UPCoM-Index broke its {} run.", "rising", "losing"),
]  # fmt: skip


def passes(day: str, language: str, text: str) -> bool:
    facts = sparse(*SHEETS[day], SPARSE[day]) if day in SPARSE else sheet_of(*SHEETS[day])
    return all(item.passed for item in verify_text(text, facts, (), items(), language))


@pytest.mark.parametrize(("day", "language", "text", "right", "wrong"), TURNED)
def test_the_facts_decide_what_a_sentence_says_in_words(
    day: str, language: str, text: str, right: str, wrong: str
) -> None:
    assert passes(day, language, text.format(right).replace("<", "{{").replace(">", "}}"))
    assert not passes(day, language, text.format(wrong).replace("<", "{{").replace(">", "}}"))
