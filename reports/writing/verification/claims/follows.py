"""What would follow from a level won or lost, and what is said of coins and moods in the mass."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Sentence

REVERSED = "is wrong the other way round"
_SIDE = re.compile(
    r"(?<!\w)(?:(?P<down>dưới|mất|thủng|below|under|los(?:es|e|ing)|breaks? below)|trên|"
    r"vượt(?: qua)?|above|clears?|breaks? (?:above|through))"
    r"(?: (?:mốc|mức|hỗ trợ|kháng cự|tròn|support|resistance|the|round|level|mark|at|of))* \x01"
)
_OUTCOME = re.compile(
    r"(?<!\w)(?:(?:đà|nhịp|kịch bản|sóng|xu hướng) (?:(?P<up>tăng|hồi phục|phục hồi|đi lên)|giảm|"
    r"điều chỉnh|đi xuống)(?: giá)? có thể|(?:the |a )?(?:(?P<up2>rally|rise|recovery|rebound|"
    r"upswing|advance|(?:upside|recovery) scenario)|decline|fall|pullback|downswing|sell-off|"
    r"correction|downside scenario) (?:may|might|could|can))"
    r" (?:nới rộng|mở ra|mở rộng|rõ hơn|kéo dài|tiếp diễn|tiếp tục|chiếm ưu thế|mạnh|lan|extend|"
    r"widen|open up|become clearer|prevail|continue|gather|deepen|go further|strengthen)(?!\w)"
)


def outcomes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "If it closes below support, the rally may extend": the move must go the level's way."""
    if not holds(sentence.masked, ("nếu", "if ")):
        return
    for found in _OUTCOME.finditer(sentence.masked):
        starts = [m.end() for m in re.finditer(r"[.;](?=\s)", sentence.masked[: found.start()])]
        sides = list(_SIDE.finditer(sentence.masked, max(starts, default=0), found.start()))
        if len(sides) != 1:
            continue
        figure = next((f for f in sentence.figures if f.start == sides[0].end() - 1), None)
        name = figure.key.partition(".")[2] if figure else ""
        side = "support" if sides[0]["down"] else "resistance"
        if name == side and bool(sides[0]["down"]) is bool(found["up"] or found["up2"]):
            yield Claim(found.start(), found.end(), "", REVERSED, figures=False)


_COINS = re.compile(
    r"(?<!\w)(?:(?:số )?đồng(?: tiền)? (?:(?P<up>tăng)|giảm)(?: giá)? (?:vẫn )?(?:nhiều|đông|"
    r"nhỉnh) hơn(?: (?:số|các))?(?: đồng)?(?: tiền)? (?:tăng|giảm)|"
    r"coins (?:that|which) (?:(?P<up2>rose|gained|climbed)|fell|lost|dropped) outnumber\w*|"
    r"(?:(?P<up3>rising|gaining)|falling|losing) coins outnumber\w*|"
    r"more coins (?:(?P<up4>rose|gained)|fell|lost) than)(?!\w)"
)


def coins(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Coins that rose against those that fell, in words alone."""
    if not holds(sentence.masked, ("đồng", "coins")):
        return
    ups, downs = (case.sheet.value(f"crypto.{name}") for name in ("advances", "declines"))
    for found in _COINS.finditer(sentence.masked):
        if ups is None or downs is None or sentence.is_hypothetical(found.start()):
            continue
        more = any(found[name] for name in ("up", "up2", "up3", "up4"))
        if not (ups > downs if more else downs > ups):
            evidence = "crypto.advances, crypto.declines"
            yield Claim(found.start(), found.end(), evidence, REVERSED, figures=False)


_ADVICE = re.compile(
    r"(?<!\w)(?:(?:nhà đầu tư|cổ đông|người (?:mua|bán|nắm giữ|cầm tiền))(?: \w+){0,3}? nên|"
    r"(?:investors|traders|holders|buyers|shareholders)(?: \w+){0,2}? (?:should|ought to|"
    r"would do well to))(?!\w)"
)
_TRADE = re.compile(
    r"(?<!\w)(?:giải ngân|gom|mua (?:vào|thêm|dần)|bán (?:bớt|ra)|chốt lời|cắt lỗ|"
    r"(?:hạ|giảm|tăng|nâng) tỷ trọng|buy|sell|accumulate|take profits?|add to|trim)(?!\w)"
)


def urged(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Trades that investors are told to make: "should wait for 715 points to buy"."""
    if not holds(sentence.masked, (" nên", " should", " ought to", " do well to")):
        return
    if (found := _ADVICE.search(sentence.masked)) and _TRADE.search(sentence.masked, found.end()):
        reason = "advises what to buy or sell, which no report may"
        yield Claim(found.start(), found.end(), "", reason, figures=False)
