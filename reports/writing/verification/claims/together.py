"""Whether two things moved the same way: indices, coins and equities, breadth and its index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.cited import sources
from reports.writing.verification.claims import ranks
from reports.writing.verification.claims.found import Claim, change, changes
from reports.writing.verification.reading.numbers import word_value
from reports.writing.verification.reading.sentences import Sentence

_TOGETHER = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<same>cùng chiều|đồng pha|đồng thuận|(?<=độ rộng )(?:ủng hộ|xác nhận))|"
        r"(?P<other>ngược chiều|"
        r"(?<!điểm )trái chiều|trái dấu|"
        r"lệch pha))(?: (?:với|so với) )?"
    ),
    "en": re.compile(
        r"\b(?:(?P<same>(?<=breadth )(?:confirm|support|back)(?:s|ed)|in step|in line|"
        r"in the same direction|in tandem|alongside|together)|"
        r"(?P<other>in the opposite direction|opposite(?: ways?| directions?)?|"
        r"against the (?:trend|grain|direction)|diverged))\b(?: (?:with|as|to|"
        r"from|of) )?"
    ),
}
# "the 5-session and the 60-session view diverge": of the moves over two stretches, as they follow
_FRAMES = re.compile(
    r"(?<!\w)(?:khung|nhịp (?:ngắn|dài)|swings?|ngắn hạn|trung hạn|\d+ phiên (?:gần nhất|trước|"
    r"qua)|horizons?|frames?|views?|"
    r"short term|medium term)(?!\w)"
)
_OVER = re.compile(r"\.(?:return\d+|change_percent)$")
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


_EQUITIES = re.compile(
    r"cổ phiếu|chứng khoán|thị trường cổ phiếu|equities|stocks|shares|the stock market"
)


# "Bitcoin and Ethereum together make up 71.5%": a sum, no move
_SUM = re.compile(
    r"(?<!\w)(?:account(?:s|ed|ing)? for|(?:mak(?:e|es|ing)|made) (?:up|\x04+)|hold(?:s|ing)?|"
    r"held|represent|"
    r"total|chiếm|nắm|đóng góp|tương đương)(?!\w)"
)
_REST = re.compile(
    r"(?: (?:với|so với|to|with|as|from|of|than|all|cả|phần|số))*"
    r"(?: (?:the )?(?:rest|(?:(?P<n>\w+) )?others?|other (?:\w+ )?(?:indices|indexes)|market)|"
    r"(?: các)?(?: (?P<k>\w+))? chỉ số (?:còn lại|khác)|(?: phần)? còn lại)(?!\w)"
)


def together(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Two things moved the same way or not: both named, or coins against equities."""
    for match in _TOGETHER[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or re.search(
            "tương quan|correlation", sentence.masked
        ):
            continue
        if _SUM.search(sentence.masked) and match["same"] in {"together", None}:
            continue
        opens = not sentence.masked[: match.start()].strip()
        if opens and sentence.masked.startswith(",", match.end()):
            yield from _conversely(sentence, match, case)
            continue
        found = _flows(sentence, match, case)
        every = _EVERY.search(sentence.masked[: match.start()])
        counted = every and word_value(every["n"] or every["m"] or every["k"] or "")
        if not counted:  # "the five indices" are the sheet's
            found = found or sources.compared(sentence, match["same"] or "", match.start(), case)
        found = found or _moves(sentence, match, case)
        if found and _NOT.search(sentence.masked[: match.start()]) and found[0]:
            denied = "" if found[1] else "denies what the facts show"
            found = found[0], denied
        if found is not None:
            yield Claim(match.start(), match.end(), *found, figures=False)


def _conversely(sentence: Sentence, match: re.Match[str], case: Case) -> Iterator[Claim]:
    """ "In the opposite direction, XRP fell": something of its kind went the other way."""
    key = next((item.key for item in sentence.names), "")
    moves = ranks.field(key, case.sheet)
    if key in moves:
        fits = any(value * moves[key] < 0 for value in moves.values())
        reason = "" if fits else "is wrong the other way round"
        evidence = ", ".join(f"{name}.change_percent" for name in moves)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_NET = {
    1: re.compile(r"(?<!\w)(?:mua ròng|net (?:buy\w*|bought|purchases?))(?!\w)"),
    -1: re.compile(r"(?<!\w)(?:bán ròng|net (?:sell\w*|sold|sales?))(?!\w)"),
}


def _flows(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str] | None:
    """Net buying against net selling, each proven of its own by the item that is cited."""
    ways = sorted(
        (found.start(), way)
        for way, words in _NET.items()
        for found in words.finditer(sentence.masked)
    )
    said = [name for name in sentence.cited if name in case.items]
    if not ways:
        return None
    if len(ways) < 2 or not said:
        held = sources.compared(sentence, match["same"] or "", match.start(), case)
        return held or ("", "compares directions that no facts prove")
    earlier = [way for at, way in ways if at < match.start()]
    later = [way for at, way in ways if at > match.start()]
    pair = (earlier[-1], later[0]) if earlier and later else (ways[-2][1], ways[-1][1])
    alike = pair[0] == pair[1]
    reason = "" if alike is (match["same"] is not None) else "is wrong the other way round"
    return ", ".join(said), reason


def _moves(sentence: Sentence, match: re.Match[str], case: Case) -> tuple[str, str] | None:
    """The day's changes of what is compared: the named ones, or one against the rest."""
    keys = list(dict.fromkeys(item.key for item in sentence.names))
    over = [item for item in sentence.figures if _OVER.search(item.key) and item.fact]
    if not any(".return" in item.key for item in over):
        over = [item for item in sentence.figures if item.signed and item.unit == "percent"]
    if len(over) > 1 and _FRAMES.search(sentence.masked):
        ways = {item.value > 0 for item in over}
        fits = (len(ways) == 1) is (match["same"] is not None)
        evidence = ", ".join(item.key for item in over)
        return evidence, "" if fits else "is wrong the other way round"
    if len(keys) < 2 and _WIDTH.search(sentence.masked[: match.end() + 12]):
        return _width(keys[0] if keys else case.subject, match, case)
    lead = next((state.key for state in case.sheet.indices if state.known), "")
    every = _EVERY.search(sentence.masked[: match.start()])
    if every and not any(item.end <= match.start() for item in sentence.names):
        count = word_value(every["n"] or every["m"] or every["k"] or "")
        keys = list(changes(case.sheet))
        if count not in {None, len(keys)}:
            return "", f"is wrong: {len(keys)} indices are known"
    coins = [key for key in keys if key in CRYPTO_SUBJECTS and key != "crypto"]
    indices = [key for key in keys if key not in CRYPTO_SUBJECTS]
    others: list[str] = []
    equities = _EQUITIES.search(sentence.masked, match.end(), match.end() + 40)
    if rest := _REST.match(sentence.masked, match.start() + len(match[0].rstrip())):
        own = _own(sentence, match, case)
        others = [key for key in changes(case.sheet) if key != own]
        count = word_value(rest["n"] or rest["k"] or "")
        if own not in changes(case.sheet) or count not in {None, len(others)}:
            return "", "compares directions that no facts prove"
        keys = [own]
    elif (behind := [n.key for n in sentence.names if 0 <= n.start - match.end() <= 1]) and len(
        keys
    ) > 2:
        keys, others = [_own(sentence, match, case)], behind
        if keys == ["crypto"] and coins and (":" in sentence.masked[match.end() :]):
            keys = coins  # "crypto went with equities: Bitcoin rose and VN-Index rose"
    elif equities and coins and indices:
        keys, others = coins, indices
    elif equities and set(keys) & set(CRYPTO_SUBJECTS):
        keys = [key for key in (_own(sentence, match, case),) if key]
        others = [lead]
    elif len(keys) > 2:
        keys = [key for key in keys if key != "crypto"] if match["same"] else keys
    if len(keys) == 1 and not others and _EQUITIES.search(sentence.masked):
        others = [lead]
    first = [value for key in keys if (value := change(case.sheet, key)) is not None]
    second = [value for key in others if (value := change(case.sheet, key)) is not None]
    if len(first) + len(second) < 2 or len(first) != len(keys) or len(second) != len(others):
        bad = match["other"] or len(keys) + len(others) > 1
        return ("", "compares directions that no facts prove") if bad else None
    signs = [(value > 0) - (value < 0) for value in (*first, *second)]
    if match["other"] and others:
        fits = not set(signs[: len(first)]) & set(signs[len(first) :])
    else:
        fits = (len(set(signs)) == 1) is (match["same"] is not None)
    evidence = ", ".join(f"{key}.change_percent" for key in (*keys, *others))
    return evidence, "" if fits else "is wrong the other way round"


_NOT = re.compile(
    r"(?<!\w)(?:không|chưa|chẳng|not|n't|n’t|never|neither|no longer|failed to)"
    r"(?: (?:còn|hề|có|sự|đi|hoàn toàn|moved?|move|always|quite|go|going|moving))* $"
)
_EVERY = re.compile(
    r"(?<!\w)(?:(?:all|both)(?: of)?(?: the)?(?: (?P<n>\w+))?(?: main)? (?:indices|indexes)|every "
    r"index|the (?:(?P<m>\w+) )?(?:domestic |main )?(?:indices|indexes)|(?:cả|tất cả|mọi|"
    r"các)(?: (?P<k>\w+))?(?: các)? "
    r"chỉ số)(?!\w)[^,.;:]*$"
)


def _own(sentence: Sentence, match: re.Match[str], case: Case) -> str:
    """Whose move is compared: named before in the same part, or last before that."""
    earlier = [item for item in sentence.names if item.end <= match.start()]
    return earlier[-1].key if earlier else case.subject


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
