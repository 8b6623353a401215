"""Above and below: where a close stands against averages, marks, extremes; trading against its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification import roles, wording
from reports.writing.verification.case import Case
from reports.writing.verification.found import Claim, subject
from reports.writing.verification.names import LIQUIDITY
from reports.writing.verification.sentences import Sentence
from reports.writing.verification.wording import LEVELS

ABOVE, BELOW = 1, -1
_WORDS_VI = (
    (ABOVE, True, r"vượt(?: qua| lên(?: trên)?)?|lấy lại|giành lại|cắt lên|xuyên lên|phá vỡ|chinh phục|bứt qua|quay lại trên|trở lại trên"),
    (BELOW, True, r"thủng|xuyên thủng|đánh mất|để mất|mất(?! điểm)|cắt xuống|rơi xuống dưới|lùi xuống dưới|tụt xuống dưới|quay xuống dưới|gãy|phá thủng"),
    (ABOVE, False, r"trên|cao hơn|giữ (?:vững |được )?(?:trên )?|nằm trên|đứng trên|duy trì trên"),
    (BELOW, False, r"dưới|thấp hơn|nằm dưới|đứng dưới|chưa vượt(?: qua)?|không vượt(?: qua)?(?: được)?"),
)  # fmt: skip
_WORDS_EN = (
    (ABOVE, True, r"broke (?:above|through|past)|crossed above|reclaimed|regained|moved (?:back )?above|climbed (?:back )?above|"
     r"rose (?:back )?above|back above|surpassed|topped|cleared|crossed over|retook"),
    (BELOW, True, r"broke below|fell (?:back )?below|dropped (?:back )?below|slipped (?:back )?below|crossed below|lost|back below|sank below|"
     r"breached|gave up|broke under"),
    (ABOVE, False, r"above|over|higher than|held|holds"),
    (BELOW, False, r"below|under|beneath|lower than"),
)  # fmt: skip


def _compiled(rows: tuple[tuple[int, bool, str], ...]) -> tuple[tuple[int, bool, re.Pattern[str]], ...]:
    return tuple((way, new, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for way, new, words in rows)


_RELATIONS = {"vi": _compiled(_WORDS_VI), "en": _compiled(_WORDS_EN)}
_FILL = {
    "vi": r"(?: (?:mức|mốc|ngưỡng|vùng|đường|cả|các|quanh|hỗ trợ|kháng cự|đỉnh|đáy|tham chiếu|tròn|tâm lý|gần nhất|ngắn hạn|giá|điểm|mốc tròn|ở|được|của|lại))*",
    "en": r"(?: (?:the|its|a|both|all|level|mark|of|at|round|psychological|support|resistance|reference|nearest|short-term|key|points?))*",
}
# "as long as it stays above" supposes what holds already
_KEPT = re.compile(
    r"(?<!\w)(?:giữ|duy trì|còn|vẫn|bám|trụ|h[oe]ld(?:s|ing)?|stay(?:s|ed|ing)?|remain(?:s|ing)?|"
    r"keep(?:s|ing)?|while|still)(?!\w)"
)
_NEGATED = re.compile(r"(?<!\w)(?:không|chưa|chẳng|not|never|failed to|n't|n’t|yet to|without)(?: \w+)? $")
Relation = tuple[int, int, int, bool]


def relations(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A close against a level that the text names in words or by reference."""
    for start, end, way, new in _found(sentence):
        targets = _targets(sentence, end, case)
        if not targets or LIQUIDITY.search(sentence.masked[sentence.clause(start)[0] : start]):
            continue
        if _measures(sentence, start):
            continue
        key = subject(sentence, start, case)
        if any(_is_small(value, key, case) for _, _, value in targets):
            continue
        last = max(item[0] for item in targets)
        behind = next((f for f in sentence.figures if 0 <= f.start - last <= 3), None)
        if behind and roles.measure(behind) == "percent" and not _signed_bracket(sentence, behind):
            continue  # a distance, which is checked as a figure
        stop = max(item[0] for item in targets)
        reason, evidence = "", []
        for _, name, value in targets:
            evidence.append(name)
            reason = reason or _relation(sentence, (start, end, way, new), key, name, value, case)
        yield Claim(start, stop, ", ".join(evidence), reason, figures=False)


def _signed_bracket(sentence: Sentence, figure: Figure) -> bool:
    return sentence.masked[max(0, figure.start - 1) : figure.start] == "("


def _is_small(value: Decimal | None, key: str, case: Case) -> bool:
    """Whether a figure is no level but a move: "lost 12 points"."""
    close = case.sheet.value(f"{key}.close")
    return value is not None and close is not None and abs(value) < close / 2


def _found(sentence: Sentence) -> list[Relation]:
    spans: list[Relation] = []
    for way, new, pattern in _RELATIONS[sentence.language]:
        for match in pattern.finditer(sentence.masked):
            if any(match.start() < other[1] and other[0] < match.end() for other in spans):
                continue
            turned = bool(_NEGATED.search(sentence.masked[: match.start()]))
            spans.append((match.start(), match.end(), -way if turned else way, new and not turned))
    return sorted(spans)


def _measures(sentence: Sentence, start: int) -> bool:
    """Whether a distance stands before: "1.2% above its average" is checked as that figure."""
    for figure in sentence.figures:
        if 0 <= start - figure.end <= 12 and roles.measure(figure) in {"percent", "points", "pp"}:
            if figure.fact is None or figure.fact.key.partition(".")[2] not in LEVELS | {"close"}:
                return True
    return False


def _targets(sentence: Sentence, end: int, case: Case) -> list[tuple[int, str, Decimal | None]]:
    """The levels behind a relation word: end of the words, the fact's name, its value."""
    found: list[tuple[int, str, Decimal | None]] = []
    at = end
    phrases = wording.phrases(sentence.masked, sentence.language)
    while True:
        gap = re.compile(rf"{_FILL[sentence.language]} ?\(?").match(sentence.masked, at)
        here = gap.end() if gap else at
        figure = next((f for f in sentence.figures if f.start in {here, here + 1}), None)
        phrase = next((p for p in phrases if at <= p.start <= here + 1 and p.end > here - 1 and p.names & LEVELS), None)
        if figure is not None and roles.measure(figure) in {"points", "usd", ""}:
            found.append((figure.end, figure.key or figure.text, figure.value))
            at = figure.end
        elif phrase is not None and not _has_own_figure(sentence, phrase.end):
            found.append((phrase.end, sorted(phrase.names & LEVELS)[-1], None))
            at = phrase.end
        elif phrase is not None:
            own = next(f for f in sentence.figures if f.start >= phrase.end)
            found.append((own.end, own.key or own.text, own.value))
            at = own.end
        else:
            return found
        joint = re.compile(r"(?: điểm| points)?\)?(?:,| và| hay| and| or| lẫn)+(?= )").match(sentence.masked, at)
        if joint is None:
            return found
        at = joint.end()


def _has_own_figure(sentence: Sentence, end: int) -> bool:
    return any(
        re.fullmatch(r"(?: phiên| \w+){0,2} ?\(?(?:ở |at |of )?", sentence.masked[end : figure.start])
        and roles.measure(figure) in {"points", ""}
        for figure in sentence.figures
        if 0 <= figure.start - end <= 16
    )


def _relation(
    sentence: Sentence, relation: Relation, key: str, name: str, value: Decimal | None, case: Case
) -> str:
    start, _, way, new = relation
    sheet = case.sheet
    close = sheet.value(f"{key}.close") or sheet.value(f"{key}.price")
    level = value if value is not None else sheet.value(f"{key}.{name}")
    if close is None or level is None:
        return "names a level that no fact gives" if not sentence.is_hypothetical(start) else ""
    stands = (close > level) - (close < level)
    if sentence.is_hypothetical(start) or case.section == "scenarios":
        kept = _KEPT.search(sentence.masked[max(0, start - 24) : relation[1]])
        return "names as still to come what holds already" if stands == way and not kept else ""
    if stands != way:
        return f"is wrong: the close stands {'above' if stands > 0 else 'below' if stands < 0 else 'at'} it"
    return _crossing(key, name, level, way, sheet) if new else ""


def _crossing(key: str, name: str, level: Decimal, way: int, sheet: FactSheet) -> str:
    """Whether the session before closed on the other side: only then was it crossed today."""
    known = name.partition(".")[2] or name
    before = sheet.value(f"{key}.before_{known}")
    if before is None:
        previous = sheet.value(f"{key}.previous_close")
        if previous is None:
            return "tells a crossing that no fact proves"
        before = previous - level
    return "" if before * way <= 0 else "is wrong: the session before closed on that side already"


_AVERAGE = {
    "vi": re.compile(
        r"(?<!\w)(?P<side>cao hơn|thấp hơn|trên|dưới|vượt|lớn hơn|nhỏ hơn|kém)(?: (?:hẳn|mức|so với|nhiều|một chút))* "
        r"(?:trung bình|bình quân)(?: \d+ (?:phiên|ngày))?"
    ),
    "en": re.compile(
        r"\b(?P<side>above|below|over|under|higher than|lower than|heavier than|lighter than|exceeded|topped)"
        r"(?: (?:its|the|their))? (?:\d+-(?:session|day) )?(?:average|mean)"
    ),
}
_LOW = {"thấp hơn", "dưới", "nhỏ hơn", "kém", "below", "under", "lower than", "lighter than"}


def liquidity(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Trading above or below its average, where no figure follows to say by how much."""
    for match in _AVERAGE[sentence.language].finditer(sentence.masked):
        start, _ = sentence.clause(match.start())
        before = sentence.masked[start : match.start()]
        if not LIQUIDITY.search(before) or sentence.is_hypothetical(match.start()):
            continue
        key = subject(sentence, match.start(), case)
        value = case.sheet.value(f"{key}.volume_vs_avg20")
        evidence = f"{key}.volume_vs_avg20"
        if value is None:
            yield Claim(match.start(), match.end(), "", "compares trading with an average that no fact gives")
            continue
        window = re.search(r"\d+", match[0])
        if window and window[0] != "20":
            yield Claim(match.start(), match.end(), "", "names an average of trading that no fact gives")
            continue
        wrong = (value < 0) is not (match["side"] in _LOW)
        reason = "is wrong the other way round" if wrong else ""
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


