"""Whether two things moved the same way: indices, coins and equities, breadth and its index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, change
from reports.writing.verification.sentences import Sentence

_TOGETHER = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<same>cùng chiều|đồng pha|đồng thuận)|(?P<other>ngược chiều|trái chiều|"
        r"lệch pha))(?: (?:với|so với) )?"
    ),
    "en": re.compile(
        r"\b(?:(?P<same>in step|in line|in the same direction|in tandem|alongside|together)|"
        r"(?P<other>in the opposite direction|opposite(?: way)?|diverged))\b(?: (?:with|as|to|"
        r"from|of) )?"
    ),
}
_ONE_OF_TWO = re.compile(r"(?<!\w)(?:một trong hai thị trường|one of the two markets)(?!\w)")


def one_of_two(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """That coins or equities hardly moved: Bitcoin, or the first index, the one to be named."""
    for match in _ONE_OF_TWO.finditer(sentence.masked):
        lead = next((state.key for state in case.sheet.indices if state.known), "")
        named = {item.key for item in sentence.names} & {state.key for state in case.sheet.indices}
        moves = [change(case.sheet, key) for key in (lead, "btc")]
        still = any(value is not None and abs(value) < Decimal("0.5") for value in moves)
        reason = (
            ""
            if still and named <= {lead}
            else "speaks of a market that did move, or of another index"
        )
        end = match.end() + len(re.split("[,.;]", sentence.masked[match.end() :])[0])
        yield Claim(
            match.start(), end, f"{lead}.change_percent, btc.change_percent", reason, figures=False
        )


_EQUITIES = re.compile(r"cổ phiếu|chứng khoán|thị trường cổ phiếu|equities|stocks|the stock market")


def together(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Two things moved the same way or not: both named, or coins against equities."""
    for match in _TOGETHER[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or re.search(
            "tương quan|correlation", sentence.masked
        ):
            continue
        keys = list(dict.fromkeys(item.key for item in sentence.names))
        if len(keys) < 2 and _WIDTH.search(sentence.masked[: match.end() + 12]):
            key = keys[0] if keys else case.subject
            yield Claim(match.start(), match.end(), *_width(key, match, case), figures=False)
            continue
        if len(keys) > 2:
            keys = [key for key in keys if key != "crypto"]
        lead = next((state.key for state in case.sheet.indices if state.known), "")
        if len(keys) == 1 and _EQUITIES.search(sentence.masked):
            keys.append(lead)
        moves = [value for key in keys if (value := change(case.sheet, key)) is not None]
        if len(keys) < 2 or len(moves) != len(keys):
            if match["other"] or len(keys) > 1:
                yield Claim(
                    match.start(),
                    match.end(),
                    "",
                    "compares directions that no facts prove",
                    figures=False,
                )
            continue
        alike = len({(value > 0) - (value < 0) for value in moves}) == 1
        reason = "" if alike is (match["same"] is not None) else "is wrong the other way round"
        evidence = ", ".join(f"{key}.change_percent" for key in keys)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_WIDTH = re.compile(r"(?<!\w)(?:độ rộng|breadth|(?:số )?mã(?: (?:tăng|giảm))?|stocks)(?!\w)")


def _width(key: str, match: re.Match[str], case: Case) -> tuple[str, str]:
    """Whether breadth and the index went the same way."""
    move = change(case.sheet, key)
    ups, downs = case.sheet.value(f"{key}.advances"), case.sheet.value(f"{key}.declines")
    if move is None or ups is None or downs is None:
        return "", "compares directions that no facts prove"
    alike = (ups - downs) * move > 0
    reason = "" if alike is (match["same"] is not None) else "is wrong the other way round"
    return f"{key}.advances, {key}.declines, {key}.change_percent", reason
