"""Above and below: a close against averages, marks, extremes; trading against its average."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from reports.facts import FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims import apart, rivals
from reports.writing.verification.claims.found import Claim, subject
from reports.writing.verification.reading import around, conditions, moments, wording
from reports.writing.verification.reading.names import LIQUIDITY
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.reading.wording import LEVELS

ABOVE, BELOW, EITHER = 1, -1, 0
_WORDS_VI = (
    (ABOVE, True, r"vượt(?: qua| lên(?: trên)?)?|(?:lấy|giành|đòi|chiếm|thu) lại|cắt lên(?: trên)?|"
        r"xuyên lên|phá vỡ|"
     r"chinh phục(?: lại)?|bứt qua|quay lại trên|trở lại trên"),
    (BELOW, True, r"thủng|xuyên thủng|đánh mất|để mất|mất(?! điểm)|cắt xuống(?: dưới)?|"
     r"rơi xuống dưới|lùi xuống dưới|tụt xuống dưới|(?:rơi|tuột|lùi|trượt|văng) khỏi|(?:để )?tuột|"
     r"đánh rơi|"
     r"quay xuống dưới|gãy|phá thủng"),
    (ABOVE, False, r"trên|cao hơn|giữ(?: vững| được| nổi)*(?: trên)?|bảo vệ(?: được| thành công)*|"
     r"trụ(?: vững| được)*(?: trên)?|nằm trên|đứng trên|duy trì trên"),
    (BELOW, False, r"dưới|thấp hơn|nằm dưới|đứng dưới|chưa vượt(?: qua)?|"
     r"không vượt(?: qua)?(?: được)?"),
)  # fmt: skip
_WORDS_EN = (
    (ABOVE, True, r"br(?:oke|eaks?|eaking) (?:above|through|past)|crosse[sd] (?:above|over)|"
     r"(?:moved?s?|climb(?:ed|s)|rose|rises) (?:back )?above|back above|"
     r"(?:reclaim|regain|surpass|recover|clear|recaptur)(?:s|es|ed|ing)|top(?:s|ped|ping)|"
     r"ret(?:akes?|ook|aken|aking)|w(?:ins?|on|inning) back|"
     r"(?<!fell )(?<!slid )(?<!dropped )(?<!sank )(?<!falls )(?<!slides )(?<!drops )(?<!sinks )"
     r"past"),
    (BELOW, True, r"br(?:oke|eaks?|eaking) (?:below|under)|crosse[sd] below|back below|"
     r"(?:fell|falls|dropp?(?:ed|s)|slip(?:ped|s)|sank|sinks) (?:back )?below|"
     r"los(?:t|es|ing) (?:its )?(?:grip|hold) o[nf]|lost|los(?:es|ing)|breach(?:es|ed|ing)|g(?:ave|"
     r"ives|iving) up|cede[sd]|ceding|"
     r"surrender(?:s|ed|ing)|(?:fell|dropped|slipped|slid|sank|falls|drops|slips|sinks|"
     r"slides) (?:through|past)"),
    (EITHER, True, r"t(?:akes|ook|aking) out|crossed(?! (?:above|below|over|under))|cut through"),
    (ABOVE, False, r"above|over(?! \d{1,3}(?:, \d{1,3})*,?(?: and \d{1,3})? (?:sessions|days))|"
     r"higher than|held(?: on to| above)?|holds?(?: on to)?|"
     r"kept(?! (?:its|the) (?:gain|shape|pace|head))|defended|protected"),
    (BELOW, False, r"below|under|beneath|lower than"),
)  # fmt: skip


def _compiled(
    rows: tuple[tuple[int, bool, str], ...],
) -> tuple[tuple[int, bool, re.Pattern[str]], ...]:
    return tuple((way, new, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for way, new, words in rows)


_RELATIONS = {"vi": _compiled(_WORDS_VI), "en": _compiled(_WORDS_EN)}
_FILLERS = {
    "vi": "mức mốc ngưỡng vùng đường cả các quanh hỗ_trợ kháng_cự đỉnh đáy tham_chiếu tròn tâm_lý "
    "gần_nhất ngắn_hạn giá điểm mốc_tròn ở được của lại hai ba bốn",
    "en": "their the its a both all level mark of at round psychological support resistance "
    "reference nearest short-term key points? two three four three_of_its",
}
_FILL = {
    language: "(?: (?:" + "|".join(words.replace("_", " ") for words in text.split()) + "))*"
    for language, text in _FILLERS.items()
}
_NEVER = re.compile(
    r"(?<!\w)(?:(?:không|chưa)(?: có)? (?:lúc|khi|lần|thời điểm) nào|at no (?:time|point)|never)"
    r"(?: \w+){0,3} $"
)


def _never(targets: list[Target], key: str, way: int, case: Case) -> str:
    """Whether the session's low, or high, kept to the other side of each level."""
    edge = case.sheet.value(f"{key}.{'low' if way == BELOW else 'high'}")
    for _, name, value in targets:
        level = value if value is not None else case.sheet.value(f"{key}.{name}")
        if edge is None or level is None:
            return "tells the course of a session that no fact gives"
        if (edge - level) * way > 0:
            return "is wrong: the session did go there"
    return ""


_AGO = re.compile(r"[^,.;:\x01]{0,12} (?:\w+ (?:sessions?|days?|weeks?) ago|yesterday|hôm qua|"
                  r"(?:cách đây|từ) \w+ (?:phiên|ngày|tuần))(?!\w)")  # fmt: skip
Relation = tuple[int, int, int, bool]
Target = tuple[int, str, Decimal | None]


def relations(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A close against a level that the text names in words or by reference."""
    for start, end, way, new in _found(sentence):
        targets = _targets(sentence, end)
        if not targets or LIQUIDITY.search(sentence.masked[sentence.clause(start)[0] : start]):
            continue
        if _measures(sentence, start) or _is_money(sentence, targets):
            continue
        if _of_volume(sentence, start, targets):
            yield _traded(sentence, start, end, way, case)
            continue
        if aside := apart.aside(sentence, start, end, way, case):
            yield aside
            continue
        key = subject(sentence, start, case)
        if any(_is_small(value, key, case) for _, _, value in targets):
            continue
        last = _last(targets)
        behind = next((f for f in sentence.figures if 0 <= f.start - last <= 3), None)
        if behind and around.measure(behind) == "percent" and not _signed_bracket(sentence, behind):
            continue  # a distance, which is checked as a figure
        stop = max(item[0] for item in targets)
        if not sentence.masked[:start].strip() and _PLACE.match(sentence.masked[last:]):
            yield Claim(
                start, stop, f"{key}.close", _beyond(targets, key, way, case), figures=False
            )
            continue
        if own := conditions.level_of(sentence, start):
            known = [(v, case.sheet.value(f"{key}.{name}")) for _, name, v in targets]
            others = [given if given is not None else fact for given, fact in known]
            reason = conditions.lies(own, others, way)
            yield Claim(start, stop, own.key, reason, figures=False)
            continue
        if _supposes(sentence, start, last):
            continue
        if targets[0][1] == f"{key}.open" and moments.of(sentence, start) == moments.OPEN:
            # "it opened lower, at 941": than the session before closed
            targets = [(targets[0][0], "previous_close", None)]
        if _NEVER.search(sentence.masked[:start]):
            yield Claim(start, stop, f"{key}.low, {key}.high", _never(targets, key, way, case))
            continue
        ago = new and _AGO.match(sentence.masked, stop)
        reason, evidence = "tells of another session, of which no fact does" if ago else "", []
        owners = [key]
        if any(value is None for _, _, value in targets):
            owners = rivals.row_before(sentence, start)
            if not owners and sentence.masked.startswith(" their ", end):
                continue  # of several, which another finder counts
            owners = owners or [key]
        for _, name, value in targets:
            evidence.append(name)
            for owner in owners if value is None else [key]:
                found = _relation(sentence, (start, end, way, new), owner, name, value, case)
                reason = reason or found
        yield Claim(start, stop, ", ".join(evidence), reason, figures=False)


def _is_money(sentence: Sentence, targets: list[Target]) -> bool:
    """Whether a cited sum is what was lost or won: "funds lost 27 million USD"."""
    ends = {end for end, _, _ in targets}
    cited = [f for f in sentence.figures if f.end in ends and not f.is_reference]
    return bool(sentence.cited and cited) and all(f.unit in {"usd", "vnd"} for f in cited)


def _supposes(sentence: Sentence, start: int, last: int) -> bool:
    """Whether a part opens with a level as its condition: "above 975 points, the trend …"."""
    opens = re.search(r"(?:^|;)\s*$", sentence.masked[:start])
    stop = re.match(r"(?: điểm| points)?, ([^;.]*)", sentence.masked[last:])
    told = re.search(
        r"đóng cửa|kết phiên|chốt|closed|ended|finished|settled", stop[1] if stop else ""
    )
    return bool(opens and stop and not told)


_PLACE = re.compile(
    r"(?: điểm| points)?, (?:the (?:next|first)|there|lies|comes|mốc|kế|là|chỗ dựa|điểm tựa|"
    r"bệ đỡ|hỗ trợ|kháng cự|vùng|ngưỡng)(?!\w)"
)


def _beyond(targets: list[Target], key: str, way: int, case: Case) -> str:
    """For "below 1,000, the next reference is …": the close must not lie there yet."""
    close = case.sheet.value(f"{key}.close")
    for _, name, value in targets:
        level = value if value is not None else case.sheet.value(f"{key}.{name}")
        if close is None or level is None or (close - level) * way > 0:
            return "names as still to come what holds already"
    return ""


def _last(targets: list[Target]) -> int:
    return max(end for end, _, _ in targets)


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
            before = sentence.masked[: match.start()]
            turned = bool(conditions.NEGATED.search(before)) and not _NEVER.search(before)
            spans.append((match.start(), match.end(), -way if turned else way, new and not turned))
    return sorted(spans)


_VOLUMES = re.compile(r"(?<=average) (?:volume|turnover)|(?<=e )volume(?= |$|[.,;])")


def _of_volume(sentence: Sentence, start: int, targets: list[Target]) -> bool:
    """Whether the average is that of trading, told with its figure: "volume was A, above its 20-
    session average of B".
    """
    behind = next((f for f in sentence.figures if 0 <= f.start - _last(targets) <= 12), None)
    traded = LIQUIDITY.search(sentence.masked, 0, start)
    last = _last(targets)
    if traded and _VOLUMES.search(sentence.masked[last - 8 : last + 9]):
        return True
    return bool(traded and behind and behind.key.endswith(".volume_avg20"))


def _traded(sentence: Sentence, start: int, end: int, way: int, case: Case) -> Claim:
    name = f"{subject(sentence, start, case)}.volume_vs_avg20"
    value = case.sheet.value(name)
    fits = sentence.is_hypothetical(start) or (value is not None and value * way > 0)
    return Claim(start, end, name, "" if fits else "is wrong the other way round", figures=False)


def _measures(sentence: Sentence, start: int) -> bool:
    """Whether a distance stands before: "1.2% above its average" is checked as that figure."""
    for figure in sentence.figures:
        is_level = figure.fact and figure.fact.key.partition(".")[2] in LEVELS | {"close"}
        near = 0 <= start - figure.end <= 12
        near = near and not _NEW_PART.search(sentence.masked, figure.end, start)
        if near and not is_level and around.measure(figure) in {"percent", "points", "pp"}:
            return True
    return False


_NEW_PART = re.compile(r"[,;]|(?<!\w)(?:and|but|then|và|nhưng|rồi)(?!\w)")
_JOINT = re.compile(r"(?: điểm| points)?\)?(?:,| và| hay| and| or| lẫn)+(?= )")
GAPS = {language: re.compile(rf"{filler} ?\(?") for language, filler in _FILL.items()}


_ALL_THREE = re.compile(
    r" (?:all (?:three|of)(?: of)?(?: (?:its|the))?(?: (?:main|key|moving|simple))* (?:averages|"
    r"lines)|"
    r"(?:cả ba|mọi|tất cả các|cả 3) (?:đường )?trung bình(?: động)?)(?! (?:20|50|200|\d))(?!\w)"
)
# "above its 20-, 50- and 200-session averages"
_WINDOWS = re.compile(
    r"(?: (?:its|the|all|both|three|two|of|cả|các|hai|ba|đường|trung bình|động|ma))* "
    r"(?P<sizes>\d{1,3}-?(?:, ?\d{1,3}-?)*,? (?:and|và) \d{1,3})[ -](?:session|phiên|day)"
)


def _targets(sentence: Sentence, end: int) -> list[Target]:
    """The levels behind a relation word: end of the words, the fact's name, its value."""
    if row := _ALL_THREE.match(sentence.masked, end):
        return [(row.end(), f"sma{size}", None) for size in ("20", "50", "200")]
    if row := _WINDOWS.match(sentence.masked, end):
        return [(row.end(), f"sma{size}", None) for size in re.findall(r"\d+", row["sizes"])]
    found: list[Target] = []
    joint: re.Match[str] | None = None
    while not found or joint:
        if joint and "," in joint[0] and _LABEL.match(sentence.masked, joint.end()):
            break  # "below 1,150 points, the next support at …"
        level = target(sentence, joint.end() if joint else end)
        if level is None:
            break
        found.append(level)
        joint = _JOINT.match(sentence.masked, level[0])
    return found


_LABEL = re.compile(
    r" (?:the )?(?:next |nearest )?(?:(?:mức )?(?:cao|thấp) nhất|hỗ trợ|kháng cự|chỗ dựa|điểm tựa|"
    r"bệ đỡ|vùng đỡ|(?:vùng |"
    r"lực )?cản|"
    r"support|resistance)(?!\w)"
)


_MARKS = LEVELS - {"open", "high", "low", "previous_close", "report_close"}
# "opened above 980 points but closed below it", "đóng cửa dưới mốc này"
_AGAIN = re.compile(
    r" (?:it|(?P<that>(?:that|this) (?:level|mark)|(?:mức|mốc|ngưỡng) (?:này|đó|ấy)))(?= ?(?:[.,;]|"
    r"$|by |"
    r"at |and ))"
)
_VERB = re.compile(
    r"(?<!\w)(?:clos\w+|ended|finish\w*|settled)(?: (?:back|just|well))* (?:above|below)$|"
    r"(?:reclaimed|regained|retook|recovered|cleared)$"
)


def target(sentence: Sentence, at: int) -> Target | None:
    """The level that begins at a position: a figure, or a phrase with or without its figure."""
    gap = GAPS[sentence.language].match(sentence.masked, at)
    here = gap.end() if gap else at
    if again := _AGAIN.match(sentence.masked, at):
        told = [f for f in sentence.figures if f.end <= at and f.key.partition(".")[2] in _MARKS]
        spoken = again["that"] or _VERB.search(sentence.masked, 0, at)
        return (again.end(), told[-1].key, told[-1].value) if told and spoken else None
    figure = next((f for f in sentence.figures if f.start in {here, here + 1}), None)
    if figure is not None and around.measure(figure) in {"points", "usd", ""}:
        return figure.end, figure.key or figure.text, figure.value
    for phrase in wording.phrases(sentence.masked, sentence.language):
        if at <= phrase.start <= here + 1 and phrase.end > here - 2 and phrase.names & LEVELS:
            if not _has_own_figure(sentence, phrase.end):
                return phrase.end, sorted(phrase.names & LEVELS)[-1], None
            own = next(f for f in sentence.figures if f.start >= phrase.end)
            return own.end, own.key or own.text, own.value
    return None


def _has_own_figure(sentence: Sentence, end: int) -> bool:
    return any(
        re.fullmatch(
            r"(?: phiên| \w+){0,2} ?\(?(?:ở |at |of )?", sentence.masked[end : figure.start]
        )
        and around.measure(figure) in {"points", ""}
        for figure in sentence.figures
        if 0 <= figure.start - end <= 16
    )


def _relation(
    sentence: Sentence, relation: Relation, key: str, name: str, value: Decimal | None, case: Case
) -> str:
    start, _, way, new = relation
    sheet = case.sheet
    edge = _edge(sentence, start)
    when = moments.ONCE if edge else moments.of(sentence, start)
    close = sheet.value(f"{key}.{edge}") if edge else _stood(key, when, way, sheet)
    level = value if value is not None else sheet.value(f"{key}.{name}")
    if close is None or level is None:
        return "names a level that no fact gives" if not sentence.is_hypothetical(start) else ""
    stands = (close > level) - (close < level)
    if sentence.is_hypothetical(start) or case.section == "scenarios":
        return conditions.supposed(sentence, start, relation[1], way, stands)
    if way == EITHER:
        return _crossing(key, name, level, stands, sheet)
    if not stands and way == ABOVE and _HELD.match(sentence.masked, start):
        return ""
    if stands != way:
        where = {1: "above", -1: "below", 0: "at"}[stands]
        if when == moments.CLOSE:
            return f"is wrong: the close stands {where} it"
        return f"is wrong: at that moment it stood {where} it"
    return _crossing(key, name, level, way, sheet) if new and when == moments.CLOSE else ""


_EDGE = re.compile(
    r"(?<!\w)(?:(?P<low>(?:thấp nhất|đáy)(?: trong| của)? (?:phiên|ngày)|"
    r"(?:session|intraday|day(?:'s|’s)?) low|low of the (?:day|session))|"
    r"(?:(?:cao nhất|đỉnh)(?: trong| của)? (?:phiên|ngày)|"
    r"(?:session|intraday|day(?:'s|’s)?) high|high of the (?:day|session))|"
    r"(?<=trong phiên, )(?:(?:mức|điểm) )?(?:(?P<low2>thấp nhất|đáy)|cao nhất|đỉnh))"
    r"(?: (?:của|of|in|for) \x03+)?(?:,? (?:of |at )?\(?\x01+(?: điểm| points)?\)?,?)?"
    r"(?: (?:cũng|vẫn|còn|đã|đều|nằm|đứng|ở|was|is|lay|also|still|even|stayed|remained|held))* $"
)
_NO_EDGE = re.compile(
    r"(?<!\w)(?:đóng cửa|kết phiên|chốt|khép|dừng|closed|ended|finished|settled)(?!\w)[^.;]*$"
)


def _edge(sentence: Sentence, position: int) -> str:
    """`low` or `high` when the session's edge, not its close, is what a relation is said of."""
    text = rivals.marked(sentence)[:position]
    found = _EDGE.search(text)
    if found is None or _NO_EDGE.search(text[: found.start()]):
        return ""
    return "low" if found["low"] or found["low2"] else "high"


_HELD = re.compile(r"(?:giữ|bảo vệ|trụ|held|hold|kept|defend|protect)")


def _stood(key: str, when: str, way: int, sheet: FactSheet) -> Decimal | None:
    """Where the index stood at that moment; of a whole session, where it was furthest from it."""
    edges = {moments.WHOLE: ("low", "high"), moments.ONCE: ("high", "low")}
    if when in edges:
        return sheet.value(f"{key}.{edges[when][way == BELOW]}")
    name = {moments.OPEN: "open", moments.BEFORE: "previous_close"}.get(when)
    if name:
        return sheet.value(f"{key}.{name}")
    return sheet.value(f"{key}.close") or sheet.value(f"{key}.price")


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


# "the 1,150-point mark gave way", "ngưỡng 1.150 điểm vẫn được giữ vững"
_FATES = re.compile(
    r"(?:-point|-điểm| điểm| points?)?(?: mark| level)?\)?"
    r"(?: (?:vẫn|còn|tiếp tục|đã|cũng|was|is|has been|were|remains|still|also|then|finally))* "
    r"(?:(?P<lost>không (?:còn )?(?:được )?(?:giữ|trụ)(?: được| nổi| vững)*|bị (?:đánh )?mất|"
    r"bị (?:xuyên )?thủng|bị phá(?: vỡ)?|gave way|lost|gone|failed to hold|"
    r"(?:did|could) not hold|broken)|"
    r"(?P<kept>được (?:giữ(?: vững)?|bảo vệ|bảo toàn)|giữ vững|trụ vững|held(?: firm)?|holding|"
    r"holds|intact|defended|không bị (?:thủng|mất|phá)))(?!\w)"
)


def fates(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A level that the text says was kept or lost, the level first."""
    for figure in sentence.figures:
        match = _FATES.match(sentence.masked, figure.end)
        if figure.key.partition(".")[2] in {"open", "high", "low"}:
            continue  # a moment, which gives way to another
        level = figure.key.partition(".")[2] in LEVELS or figure.unit == "points"
        if not match or not (level or not figure.is_reference):
            continue
        if sentence.is_hypothetical(match.start()):
            continue
        owner = figure.key.partition(".")[0]
        key = (
            owner if f"{owner}.close" in case.sheet.facts else subject(sentence, match.end(), case)
        )
        relation = (match.start(), match.end(), BELOW if match["lost"] else ABOVE, False)
        name = figure.key or figure.text
        if not figure.key and _is_small(figure.value, key, case):
            continue  # a count, or a move
        reason = _relation(sentence, relation, key, name, figure.value, case)
        yield Claim(match.end() - 4, match.end(), name, reason, figures=False)
