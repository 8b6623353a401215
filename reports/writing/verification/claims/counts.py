"""Counts of averages and of stretches of time, and number words that stand for figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.cited import held
from reports.writing.verification.claims.found import N_EN, N_VI, Claim, number_in, subject
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

_AVERAGES = re.compile(
    rf"(?<!\w)(?P<n>{N_VI}) đường trung bình(?! \d+ (?:phiên|ngày)(?! \())|"
    rf"\b(?P<m>{N_EN}) (?:moving )?averages\b"
)


_AMONG = re.compile(r"(?<!\w)(?:giữa|between)(?: (?:the|its|cả))* $")


def averages(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many averages: those that the sentence shows, or all that the sheet has."""
    if "trung bình" not in sentence.masked and "averages" not in sentence.masked:
        return
    for match in _AVERAGES.finditer(sentence.masked):
        count = number_in(sentence, match, "n" if match["n"] else "m")
        key = subject(sentence, match.start(), case)
        known = sum(f"{key}.sma{size}" in case.sheet.facts for size in (20, 50, 200))
        shown = len(
            re.findall(r"\d+[ -](?:phiên|session)[^(,;]{0,12}\(", sentence.masked[match.start() :])
        )
        if count == 2 and _AMONG.search(sentence.masked[: match.start()]):
            gaps = [case.sheet.value(f"{key}.distance_sma{size}") or 0 for size in (20, 50, 200)]
            shown = count if min(gaps) < 0 < max(gaps) else shown
        reason = "" if count in {known, shown} else f"is wrong: {known} averages are known"
        placed = _PLACED.search(sentence.masked, match.end())
        if placed and not reason and not sentence.is_hypothetical(match.start()):
            only = _ONLY.search(sentence.masked, match.end(), placed.start())
            size = only["size"] if only else ""
            reason = _placed(key, placed["side"] in {"trên", "above"}, case, size)
        yield Claim(match.start(), match.end(), f"{key}.sma20", reason, figures=False)


_FRAMED = re.compile("khung|frames|horizons|windows")  # no other sentence is worth a closer look
_FRAMES = re.compile(
    rf"(?<!\w)(?:cả )?(?P<n>{N_VI}|{N_EN}) "
    r"(?:khung(?: thời gian)?|time ?frames|horizons|windows)(?!\w)"
)


def frames(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """How many stretches of time: as many as the sentence gives moves for."""
    if sentence.is_hypothetical(0) or not _FRAMED.search(sentence.masked):
        return
    for match in _FRAMES.finditer(sentence.masked):
        shown = [item for item in sentence.figures if ".return" in item.key]
        bare = [item for item in sentence.figures if not item.key and item.unit == "percent"]
        count = number_in(sentence, match, "n")
        if len(shown) + len(bare) < 2:
            continue
        reason = "" if count in {len(shown), len(bare)} else "is not the number of what it counts"
        yield Claim(match.start(), match.end(), "", reason, figures=False)


_PLACED = re.compile(
    r"(?:nằm|ở|đứng|lies?|are|stands?)(?: đều| phía| bên)* (?P<side>trên|dưới|above|below)"
    r"(?: (?:điểm đóng cửa|mức đóng cửa|chỉ số|the close|the index|it)|[:.,]|$)"
)


_ONLY = re.compile(
    r"(?<!\w)(?:only|just|chỉ(?: có| còn| riêng)?)(?: (?:the|đường|trung bình))* "
    r"(?P<size>20|50|200)(?=[ -](?:session|day|phiên))"
)


def _placed(key: str, above: bool, case: Case, only: str = "") -> str:
    """Whether all averages lie on one side of the close, or that one alone."""
    close = case.sheet.value(f"{key}.close")
    means = {size: case.sheet.value(f"{key}.sma{size}") for size in ("20", "50", "200")}
    known = {size: mean for size, mean in means.items() if mean is not None}
    if close is None or not known:
        return "is wrong: not all averages lie there"
    there = {size for size, mean in known.items() if (mean > close) is above}
    fits = there == ({only} if only else set(known))
    return "" if fits else "is wrong: these averages do not lie there, or others do"


_WORD_FIGURE = {
    "vi": re.compile(
        rf"(?<!\w)(?:{VI_WORDS}|hàng (?:chục|trăm|nghìn)|vài(?: chục| trăm| nghìn)?|"
        rf"nửa)(?: (?:rưỡi|triệu|tỷ|nghìn|trăm|chục))* "
        r"(?:điểm(?! (?:nhấn|sáng|tựa|yếu|mạnh|đáng|cần|mua|bán|tích cực|tiêu cực|trái chiều|khác|"
        r"nữa|chung|nổi bật|thú vị|trừ|cộng|nghẽn|lưu ý))|phần trăm|%|"
        r"mã|cổ phiếu|tỷ đồng|đồng(?! (?:thời|loạt|thuận|pha|đều|tiền|tăng|giảm|coin|hạng|bộ))|"
        r"triệu đồng|usd|lần(?! (?:đầu|thứ|nữa|tăng|giảm|nâng|hạ|cắt|rung lắc|thử|kiểm|điều chỉnh|"
        r"hồi|bật|lùi|chạm|vượt))|tỷ|triệu)(?!\w)"
    ),
    "en": re.compile(
        rf"\b(?:{EN_WORDS}|dozens of|hundreds of|thousands of|scores of|several|a few|"
        rf"half a)(?: (?:hundred|thousand|million|billion|trillion|and a half))* "
        r"(?:points?|per ?cent|%|percentage points?|stocks|shares|issues|dong|vnd|dollars|times|"
        r"million|billion|trillion)\b"
    ),
}
_PER = re.compile(r"(?<!\w)(?:mới có|thì có|cứ|mỗi|trên|với|ứng với|cho|đổi|lấy|ăn) $")
_AT_ONE_POINT = re.compile(r"\bat one point\b")


def _is_of_coins(sentence: Sentence, match: re.Match[str], case: Case) -> bool:
    """Whether it is the right number of coins: "trong bảy đồng"."""
    words, _, unit = match[0].rpartition(" ")
    before = sentence.masked[: match.start()]
    if unit != "đồng" or not re.search(r"(?:trong|trong số|cả|tất cả) $", before):
        return False
    return word_value(words) == case.sheet.value("crypto.coins")


def number_words(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Figures in words with a unit: they need digits, and with them a proof."""
    for match in _WORD_FIGURE[sentence.language].finditer(sentence.masked):
        if _PER.search(sentence.masked[: match.start()]) or match[0] == "không lần":
            continue
        if _is_of_coins(sentence, match, case) or held.listed(sentence, match, case):
            continue
        if match[0] == "một lần" and sentence.is_hypothetical(match.start()):
            continue  # "một lần đóng cửa dưới 950 điểm": any one that may come
        if _AT_ONE_POINT.match(sentence.masked, max(0, match.start() - 3)):
            continue
        reason = "is a figure in words: name the fact, or write digits and declare them"
        yield Claim(match.start(), match.end(), "", reason, figures=False)
