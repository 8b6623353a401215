"""Who was first or last, and how large a move was, in words that stand beside the figure itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, changes
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.sentences import Figure, Sentence

REVERSED, TOO_MUCH = "is wrong the other way round", "claims more than the facts prove"
_WAY_MOST = re.compile(r"(?<!\w)(?:(?P<up>up)|down) the (?:most|least)(?!\w)")
_PLACE = re.compile(
    r"(?<!\w)(?:was|is|stood|stands|sat|finished|ended|came|còn|nằm|đứng)(?: \w+)? ?"
    r"(?:(?P<top>(?:at|on)(?: the)? top|ở đầu bảng|đầu bảng)|"
    r"(?:at the bottom|in last place|ở cuối bảng|cuối bảng))"
    r"(?= ?(?:[(,.;]|$|of the (?:table|list|board|five|indices)|and|với|with))"
)
_LEAST = re.compile(
    r"(?<!\w)(?:(?P<most>(?:the )?(?:strongest|most|deepest|largest|steepest)|"
    r"(?:mạnh|nhiều|sâu|lớn) nhất)|(?:the )?(?:weakest|least|shallowest|smallest)|"
    r"(?:nhẹ|ít|nông|nhỏ|yếu) nhất)"
    r"(?: (?:in|of|among|trong|của))*(?: (?:the|số|các|cả))*(?: \x01+| \w+)?"
    r" ?(?:group|coins?|nhóm|đồng)(?!\w)"
)


def ways(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "All five fell, with VN-Index up the most"."""
    if " the most" not in sentence.masked and " the least" not in sentence.masked:
        return
    for found in _WAY_MOST.finditer(sentence.masked):
        keys = [item.key for item in sentence.names if item.end <= found.start()]
        value = change(case.sheet, keys[-1]) if keys else None
        if value and (value > 0) is not bool(found["up"]):
            evidence = f"{keys[-1]}.change_percent"
            yield Claim(found.start(), found.end(), evidence, REVERSED, figures=False)


def placed(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "UPCoM-Index was at the bottom": among the changes of all indices known."""
    if not holds(sentence.masked, ("top", "bottom", "last place", "bảng")):
        return
    moves = changes(case.sheet)
    for found in _PLACE.finditer(sentence.masked):
        keys = [item.key for item in sentence.names if item.end <= found.start()]
        if not keys or keys[-1] not in moves or sentence.is_hypothetical(found.start()):
            continue
        best = (max if found["top"] else min)(moves.values())
        if moves[keys[-1]] != best:
            evidence = f"{keys[-1]}.change_percent"
            yield Claim(found.start(), found.end(), evidence, REVERSED, figures=False)


def coins(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "XRP dropped {{…}}, the least in the group": among the coins that moved the same way."""
    if not holds(sentence.masked, ("nhất", "est", "most")):
        return
    for found in _LEAST.finditer(sentence.masked):
        keys = [item.key for item in sentence.names if item.end <= found.start()]
        if not keys or keys[-1] not in CRYPTO_SUBJECTS or keys[-1] == "crypto":
            continue
        if len(keys) > 1 and _joined(sentence, len(keys)):
            continue  # two at once
        own = change(case.sheet, keys[-1])
        rows = [change(case.sheet, key) for key in CRYPTO_SUBJECTS if key != "crypto"]
        same = [abs(value) for value in rows if value and own and value * own > 0]
        if own and abs(own) != (max if found["most"] else min)(same):
            evidence = f"{keys[-1]}.change_percent"
            yield Claim(found.start(), found.end(), evidence, TOO_MUCH, figures=False)


def _joined(sentence: Sentence, count: int) -> bool:
    one, other = sentence.names[count - 2], sentence.names[count - 1]
    between = sentence.masked[one.end : other.start].strip()
    return between in {"và", "and", ",", "&", "lẫn"}


_OF_THREE = re.compile(
    r"(?: (?:\w+)){0,2},? (?:là )?(?:mức )?(?:the )?"
    r"(?:(?P<most>highest|largest|greatest|cao nhất|lớn nhất)|"
    r"(?:lowest|smallest|thấp nhất|nhỏ nhất))(?: (?:of|among|in|trong|của))"
    r"(?: (?:the|all|số|cả))* (?:three|3|ba)(?!\w)"
)


def scenarios(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A chance that is told to be the highest or lowest of the three."""
    for figure in sentence.figures:
        key, _, name = figure.key.partition(".")
        found = name.startswith("p_") and _OF_THREE.match(sentence.masked, figure.end)
        if not found:
            continue
        rows = [case.sheet.value(f"{key}.p_{side}") for side in ("above", "between", "below")]
        known = [value for value in rows if value is not None]
        if known and figure.fact and figure.fact.value != (max if found["most"] else min)(known):
            yield Claim(found.start(), found.end(), figure.key, REVERSED, figures=False)


SLIGHT, SHARP = Decimal(4), Decimal("0.8")  # percent in a day, of a coin
_SIZE = re.compile(
    r"(?<!\w)(?:(?P<slight>(?:tăng|giảm|nhích|lùi) (?:rất )?nhẹ|nhích(?: lên)?|edged(?: up| down)?|"
    r"inched(?: up| down)?|(?:rose|fell|up|down|gained|lost) slightly|slipped|dipped)|"
    r"(?:tăng|giảm) (?:rất )?(?:mạnh|vọt|sâu)|lao dốc|bật mạnh|surged(?: up)?|soared|"
    r"plunged|slumped(?: down)?|tumbled|(?:rose|fell|up|down) sharply)"
    r"(?: (?:by|thêm|tới|đến))? $"
)


def sizes(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Ethereum plunged 0.39%", "Cardano edged up 7.95%"."""
    for figure in sentence.figures:
        key, _, name = figure.key.partition(".")
        if key not in CRYPTO_SUBJECTS or name != "change_percent" or figure.fact is None:
            continue
        found = _SIZE.search(sentence.masked[: figure.start])
        if found is None:
            continue
        size = abs(figure.fact.value)
        if size >= SLIGHT if found["slight"] else size < SHARP:
            yield Claim(found.start(), found.end(), figure.key, TOO_MUCH, figures=False)


_THAN_LEAD = re.compile(
    r"(?<!\w)(?:hơn|kém|so với|chênh|vượt|thua|khoảng cách|than|gap|versus|against|ahead|behind|"
    r"beat\w*|outperform\w*|underperform\w*|lag\w*|trail\w*|lead|difference|relative|cách)(?!\w)"
)
_WIDTH = re.compile(
    r"(?<!nửa )(?<!đáy )(?<!đỉnh )(?<!phần )(?<!\w)(?:biên độ|range)(?: trong)?(?: phiên)?,?"
    r"(?: (?:hẹp|rộng|là|chỉ|of|was|only))*,? ?\(?$"
)
_EACH = re.compile(r"(?<!\w)(?:cứ|mỗi|each|every|per|for one)(?!\w)")
_STOCKS = re.compile(r" (?:mã|cổ phiếu|advanc\w+|declin\w+|stocks|shares)(?!\w)")


def strangers(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A lead in the bracket of a rank, a ratio in the place of a count."""
    for figure in sentence.figures:
        if figure.key.endswith(".vs_lead"):
            opened = sentence.masked[max(0, figure.start - 1) : figure.start] == "("
            wrong = opened and not _THAN_LEAD.search(sentence.masked)
        elif figure.key.endswith(".range_position"):
            wrong = bool(_WIDTH.search(sentence.masked[: figure.start]))
        else:
            stocks = figure.key.endswith(".breadth_ratio") and _STOCKS.match(
                sentence.masked, figure.end
            )
            wrong = bool(stocks) and not _EACH.search(sentence.masked)
        if wrong:
            reason = "stands where nothing says what it is"
            yield Claim(figure.start, figure.end, figure.key, reason, figures=False)


_THAN_BEFORE = re.compile(
    r"(?<!\w)(?:(?P<calm>calmer|quieter|steadier|(?:êm|bình lặng|lặng|dịu|yên) hơn)|choppier|"
    r"rougher|wilder|more (?:volatile|turbulent)|"
    r"(?:động|rung lắc|biến động|dữ dội|xóc)(?: mạnh)? hơn)(?: (?:than before|trước))(?!\w)"
)


def swings(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """ "Choppier than before", beside the volatilities of 20 and of 60 sessions."""
    rows = {f.key.partition(".")[2]: f for f in sentence.figures if ".volatility" in f.key}
    if len(rows) < 2:
        return
    found = _THAN_BEFORE.search(sentence.masked)
    now, then = (_value(rows.get(name)) for name in ("volatility20", "volatility60"))
    if found and now is not None and then is not None and (now < then) is not bool(found["calm"]):
        evidence = "volatility20, volatility60"
        yield Claim(found.start(), found.end(), evidence, REVERSED, figures=False)


def _value(figure: Figure | None) -> Decimal | None:
    return figure.fact.value if figure and figure.fact else None
