"""Which index or coin came first and which last by the change of the day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import CRYPTO_SUBJECTS
from reports.writing.verification.case import Case
from reports.writing.verification.claims.found import Claim, change, changes
from reports.writing.verification.claims.rivals import marked, row_before
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.names import FOREIGN
from reports.writing.verification.reading.numbers import EN_WORDS
from reports.writing.verification.reading.sentences import Sentence
from reports.writing.verification.reading.subjects import COLLECTIVE, ahead

_LEAD = {
    "vi": re.compile(
        r"(?<!\w)(?:(?P<best>dẫn (?:đầu|dắt)(?: (?:đà|chiều|nhóm|mức|phía) tăng| thị trường)?|"
        r"(?:tăng |"
        r"diễn biến )?mạnh nhất|"
        r"tăng (?:điểm )?(?:nhiều|tốt|cao|khỏe) nhất|tích cực nhất|tốt nhất|(?:giảm|"
        r"mất) (?:điểm )?(?:ít|nhẹ|yếu) nhất|(?:trụ|giữ|đứng) vững (?:hơn cả|nhất)|"
        r"khỏe nhất|nổi bật nhất|đầu bảng(?! (?:giá|điện))(?!\w))|"
        r"(?P<worst>yếu nhất|chịu áp lực (?:bán )?(?:lớn|mạnh) nhất|(?<!tăng )(?:mạnh|nhiều|"
        r"sâu) nhất(?= (?:là|"
        r"thuộc))(?<!tăng mạnh nhất)(?<!tăng nhiều nhất)|kém nhất|tệ nhất|kém tích cực nhất|"
        r"(?:giảm|mất) (?:điểm )?(?:nhiều|mạnh|sâu) nhất|"
        r"dẫn đầu (?:đà|chiều|nhóm|mức|phía) giảm|tăng (?:điểm )?(?:ít|nhẹ|yếu) nhất|bét bảng|"
        r"tụt lại(?: phía sau)?|"
        r"đội sổ|(?:cuối|chót) bảng|(?:đứng|xếp)(?: ở vị trí)? (?:cuối|chót)|tiêu cực nhất)|"
        r"(?P<scale>lớn nhất|cao nhất|nhỏ nhất|thấp nhất)(?= (?:trong|giữa)(?: số)?(?: cả)? "
        r"(?:năm|5|các) chỉ số))"
        r"(?! (?!(?:trong )?phiên(?: này| \d+/\d+)?(?:[.,;]| *$))(?:trong |của |kể từ |"
        r"từ )?(?:vòng |"
        r"hơn |gần )?"
        r"(?:(?:\d+|\x01+|một|hai|ba|bốn|năm|sáu|nhiều) )?(?:phiên|tuần|tháng|năm(?! chỉ)|quý|đầu|"
        r"ngày))(?!\w)"
    ),
    "en": re.compile(
        r"\b(?:(?P<worst>led(?: (?:the|market|indices|pack|group|board|rest|coins|\w+ of the \w+ "
        r"(?:coins|indices)))* (?:lower|down)|led the fallers|largest (?:loss|fall|drop) was in|"
        r"led (?:the )?(?:losses|declines|"
        r"decliners|losers|way down|fall|retreat)|weakest|worst(?! (?:day|session) in \x01)|"
        r"lagged|lagging|laggard|brought up the rear|(?:fell|lost|dropped|"
        r"declined) (?:the )?(?:most|furthest|hardest)|"
        r"hit (?:the )?hardest|bore the brunt|suffered (?:the )?most|"
        r"rose (?:the )?least|gained (?:the )?least|"
        r"(?:biggest|deepest|steepest|sharpest|heaviest|largest) (?:loser|faller|decliner)|"
        r"(?:smallest|mildest) (?:gainer|riser)|"
        r"came (?:in )?last|finished last|ranked last|trailed(?! (?:vn|hnx|upcom)))|"
        r"(?P<best>came (?:in )?first|came out on top|ranked first|largest (?:gain|"
        r"rise) was in|most resilient|best of a (?:weak|bad|poor) (?:bunch|lot|group|field)|"
        r"topped (?:the )?(?:five|four|list|table|ranking|rankings|field|other indices)|"
        r"held up (?:the )?best|led(?! by)(?: the (?:way|gains|gainers|"
        r"advance|market|pack))?|leads|leading|leader|strongest|"
        r"best(?: performer)?(?! (?:gain|level|of|day|close|case|rise))|(?:rose|gained|climbed|"
        r"advanced) (?:the )?(?:most|furthest)|"
        r"fell (?:the )?least|lost (?:the )?least|"
        r"(?:biggest|largest|sharpest|steepest|top) (?:gainer|winner|riser|climber)|"
        r"(?:smallest|mildest|shallowest) (?:loser|faller|decliner)|outpaced the rest|"
        r"top performer)|"
        r"(?P<degree>the most|the deepest|the hardest|the least)(?= ?(?:\(|,|\.|$))|"
        r"the (?P<scale>largest|biggest|steepest|sharpest|smallest|mildest)(?= (?:among|of) "
        r"(?:the|all)\b[^,.;]{0,16}(?:indices|indexes|pack|group)))"
        r"(?! (?!(?<=er )(?:in|of) the session(?: of \d[\w ]*)?(?:[.,;]| *$))(?:in|of|since|for|"
        r"by) (?:the )?"
        r"(?:last|past|week|month|year|quarter|session|"
        r"a (?!row)|"
        rf"(?:\x01+|{EN_WORDS})[ -](?:trading |straight )?(?:session|day|week|month|quarter|year)))"
        r"\b"
    ),
}


_STOCKS = re.compile(r"\b(?:gainers|advancers|advances|losers|decliners|declines) $")


_AT_ITS = re.compile(r"\bat (?:its|their) $")


def leaders(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Which index was first and which last by the day's change."""
    for match in _LEAD[sentence.language].finditer(sentence.masked):
        if sentence.is_hypothetical(match.start()) or _is_gap(sentence, match):
            continue
        if _AT_ITS.search(sentence.masked[: match.start()]):
            continue  # the session's high or low
        if match[0].startswith("led") and _STOCKS.search(sentence.masked[: match.start()]):
            continue  # counts of stocks, not indices
        start, _ = sentence.clause(match.start())
        if foreign := FOREIGN.search(sentence.masked, start, match.start()):
            said = [name for name in sentence.cited if name in case.items]
            reason = "" if said else f"ranks {foreign[0]}, which no fact or cited item does"
            yield Claim(match.start(), match.end(), ", ".join(said), reason)
            continue
        row = row_before(sentence, match.start())
        if len(row) > 1 and not match["scale"]:
            yield Claim(match.start(), match.end(), *_row_leads(sentence, match, row, case))
            continue
        key = _who(sentence, match, case)
        if key is None:
            continue
        yield Claim(match.start(), match.end(), *_lead(sentence, match, key, case))
        yield from _others(sentence, match, key, case)


# "XRP led the risers, and Solana the fallers": the verb is said once
_OTHER = re.compile(
    r"[^.;]{0,30}?(?:,|and|while)(?: and)? (?P<name>\x03+) the (?:(?P<up>risers|gainers|advancers|"
    r"gains)|"
    r"(?P<down>fallers|losers|decliners|losses))(?!\w)"
)


def _others(sentence: Sentence, match: re.Match[str], key: str, case: Case) -> Iterator[Claim]:
    other = _OTHER.match(marked(sentence), match.end()) if match[0].startswith("led") else None
    if other is None:
        return
    own = next(item.key for item in sentence.names if item.start == other.start("name"))
    moves = field(key, case)
    best = (max if other["up"] else min)(moves.values())
    fits = moves.get(own) == best and (best > 0) is (other["up"] is not None)
    reason = "" if fits else f"is wrong: {case.sheet.index_name(own)} was not first"
    yield Claim(other.end("name"), other.end(), f"{own}.change_percent", reason)


def _row_leads(
    sentence: Sentence, match: re.Match[str], row: list[str], case: Case
) -> tuple[str, str]:
    """ "A and B led the gains": the first so many of their kind."""
    moves = field(row[0], case)
    best = _is_best(sentence, match)
    order = sorted(moves, key=lambda name: moves[name], reverse=best)
    fits = set(order[: len(row)]) == set(row)
    if re.search("đà tăng|gains", match[0]):
        fits = fits and all(moves[key] > 0 for key in row)
    if re.search("đà giảm|losses|declines", match[0]):
        fits = fits and all(moves[key] < 0 for key in row)
    evidence = ", ".join(f"{name}.change_percent" for name in moves)
    return evidence, "" if fits else "is wrong: others did so, or these did not"


def _is_gap(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether the word only introduces one index against another: "VN30 lagged: it trailed …"."""
    absolute = sentence.masked.startswith((",", " the five"), match.end())
    rivals = re.search("lag|tụt|trail" if absolute else "lag|tụt|led|dẫn|trail", match[0])
    return bool(rivals) and any(
        figure.key.endswith(".vs_lead") or figure.unit == "pp" for figure in sentence.figures
    )


def _is_best(sentence: Sentence, match: re.Match[str]) -> bool:
    """Whether the first is meant; "the least" is the last among gains, the first among losses."""
    if match[0] == "mạnh nhất" and _FELL_MOST.search(sentence.masked[: match.start()]):
        return False
    if _MOST.fullmatch(match[0]):  # "5 đồng tăng, nhiều nhất là XRP": whichever was told before
        told = [m for m in motions(sentence.masked[: match.start()], sentence.language) if m.way]
        near = told and _COMMA.fullmatch(sentence.masked, told[-1].end, match.start())
        if near:
            return told[-1].way > 0
    degree = match.groupdict().get("degree") or match["scale"]
    if not degree:
        return match["best"] is not None
    before = [m for m in motions(sentence.masked[: match.start()], sentence.language) if m.way]
    rising = not before or before[-1].way > 0
    return rising is (degree not in _LEAST)


# "giảm 4,90% trong 24 giờ, mạnh nhất trong …": the fall was the sharpest
_FELL_MOST = re.compile(r"(?<!\w)giảm(?: điểm)? \x01+(?: điểm)?(?: trong 24 giờ)?, (?:mức )?$")
_MOST = re.compile(r"(?:mạnh|nhiều|sâu) nhất")
_COMMA = re.compile(r"(?: điểm| giá)?, (?:trong đó )?(?:mức )?")
_LEAST = {"the least", "smallest", "mildest", "nhỏ nhất", "thấp nhất"}


def _who(sentence: Sentence, match: re.Match[str], case: Case) -> str | None:
    """The index that the superlative is said of: named before it, or behind "là"."""
    text = marked(sentence)
    earlier = [item for item in sentence.names if item.end <= match.start() and not item.compared]
    link = "" if earlier else "?"
    behind = re.match(
        rf"[^,.;]{{0,14}}?(?:là|thuộc về|was|were|is|:|in|that of){link} ?(?:in |that of )?"
        r"(?:chỉ số |the )?(?=\x03)",
        text[match.end() :],
    )
    if behind:
        at = match.end() + behind.end()
        named = [item for item in sentence.names if item.start == at]
        if named:
            return named[0].key
    if not earlier and (spoken := COLLECTIVE.search(sentence.masked, 0, match.start())):
        return "vn30" if spoken["large"] else case.lead
    apposed = re.match(r",? (?:with|as) (?:the )?(?=\x03)", text[match.end() :])
    if apposed and not earlier:
        at = match.end() + apposed.end()
        return next((item.key for item in sentence.names if item.start == at), None)
    if earlier:
        return earlier[-1].key
    return ahead(sentence, match.start()) or case.subject or None


def _lead(sentence: Sentence, match: re.Match[str], key: str, case: Case) -> tuple[str, str]:
    moves = field(key, case)
    if key not in moves or len(moves) < 2:
        return "", "ranks what the sheet cannot rank"
    own = moves[key]
    best = _is_best(sentence, match)
    extreme = max(moves.values()) if best else min(moves.values())
    evidence = ", ".join(f"{name}.change_percent" for name in moves)
    lead = moves.get(case.lead)
    if not best and re.match("lag|tụt", match[0]) and lead is not None and own < lead:
        return evidence, ""  # to lag is to be behind the first index, last or not
    if own != extreme:
        return (
            evidence,
            f"is wrong: {case.sheet.index_name(key)} was not {'first' if best else 'last'}",
        )
    if re.search(r"^tăng|^rose|^gained|^climbed|^advanced|đà tăng|gains", match[0]) and own <= 0:
        return evidence, "tells a rise, but there was none"
    if re.search(r"^giảm|^fell|^lost|^dropped|^declined|đà giảm|losses", match[0]) and own >= 0:
        return evidence, "tells a fall, but there was none"
    return evidence, ""


def field(key: str, case: Case) -> dict[str, Decimal]:
    """All that the one is ranked among: the known indices, or the coins."""
    moves = changes(case.sheet)
    if key in moves:
        return moves
    coins = {name: change(case.sheet, name) for name in CRYPTO_SUBJECTS if name != "crypto"}
    return {name: value for name, value in coins.items() if value is not None}
