"""Spans that a text gives to averages, gauges and chances, against those that the facts have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

HORIZON = 5  # sessions, of the sheet's chances
_HINTS = {
    "vi": ("trung bình", "bình quân", "đường ", "ma ", "biến động", "tương quan", "đỉnh ", "đáy "),
    "en": ("average", "mean", "line", "volatility", "correlation", "high", "low"),
}
_N = rf"(?P<n>\d{{1,3}}|{VI_WORDS})"
_N_EN = rf"(?P<n>\d{{1,3}}|{EN_WORDS})"
_KINDS = {
    "average": {20, 50, 200},
    "volume": {20},
    "volatility": {20, 60},
    "correlation": {20},
    "edge": {20, 52, 260, 250},
}
_SPANS = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<average>(?:trung bình|bình quân)(?: động| giản đơn)?|đường(?: trung bình)?|"
        r"ma|sma)|(?P<volatility>(?:độ )?biến động)|(?P<correlation>(?:hệ số )?tương quan)|"
        rf"(?P<edge>đỉnh|đáy)(?= \d)) {_N} (?:phiên|ngày)(?! (?:liên tiếp|tăng|giảm|trước|qua))"
    ),
    "en": re.compile(
        rf"(?<!\w){_N_EN}[ -](?:session|day)(?: (?:simple|annualised|annualized|moving))* "
        r"(?:(?P<average>average|mean|line)|(?P<volatility>volatility)|"
        r"(?P<correlation>correlation)|(?P<edge>(?:high|low)(?!er|est)))s?(?!\w)"
    ),
}
_TRADING = re.compile(
    r"\W*(?:the )?trading (?:ran|was|is|stayed|came|remained)(?!\w)|"
    r"\W*giao dịch (?:thấp|cao|kém|ít)"
)
_GAUGE = {
    "average": "names a level that no fact gives",
    "volume": "names an average of trading that no fact gives",
    "volatility": "compares volatilities that no facts give",
    "correlation": "compares what no facts prove",
    "edge": "claims more than the facts prove",
}


def spans(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "The 60-session average", "a 50-session volatility": no fact is of that span."""
    if not holds(sentence.masked, _HINTS[sentence.language]):
        return
    for found in _SPANS[sentence.language].finditer(sentence.masked):
        kind = next(name for name in _GAUGE if found.groupdict().get(name))
        start, _ = sentence.clause(found.start())
        before = sentence.masked[start : found.end()]
        trades = LIQUIDITY.search(before) or _TRADING.match(before)
        if kind == "average" and trades and not _of_level(sentence, found):
            kind = "volume"
        size = word_value(found["n"])
        if size is not None and size not in _KINDS[kind]:
            yield Claim(found.start(), found.end(), "", _GAUGE[kind], figures=False)


def _of_level(sentence: Sentence, found: re.Match[str]) -> bool:
    """Whether the average is of the index, though the clause has spoken of trading."""
    near = [f for f in sentence.figures if 0 <= f.start - found.end() <= 8]
    if any(".sma" in f.key or ".distance_sma" in f.key for f in near):
        return True
    between = sentence.masked[: found.start()]
    traded = [match.end() for match in LIQUIDITY.finditer(between)]
    named = [item.end for item in sentence.names if item.end <= found.start()]
    return bool(named and traded and max(named) > max(traded))


_AHEAD = {
    "vi": re.compile(
        rf"(?<!\w)(?:sau|trong|qua)(?: (?:vòng|khoảng))? {_N} phiên(?: (?:tới|sau|nữa|tiếp theo|"
        r"giao dịch))?(?! (?:trước|qua|gần|vừa|liên tiếp|tăng|giảm))"
    ),
    "en": re.compile(
        rf"(?<!\w)(?:after|within|in|over)(?: the (?:next|coming|following))? {_N_EN} "
        r"(?:trading )?sessions(?! (?:ago|earlier|before|in a row))"
    ),
}


def horizons(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """The span of a chance: the sheet's are of five sessions, and of no other."""
    if not any(".p_" in figure.key for figure in sentence.figures):
        return
    for found in _AHEAD[sentence.language].finditer(sentence.masked):
        size = word_value(found["n"])
        if size is not None and size != HORIZON:
            reason = "is no chance of the sheet"
            yield Claim(found.start(), found.end(), "", reason, figures=False)
