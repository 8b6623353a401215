"""Runs of sessions one way, counted anew from the closes: running still, or broken today."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports import records as series_records
from reports.facts import FactSheet
from reports.writing.verification.case import Case
from reports.writing.verification.claims import rivals
from reports.writing.verification.claims.found import Claim
from reports.writing.verification.claims.rivals import marked
from reports.writing.verification.reading import subjects
from reports.writing.verification.reading.hints import holds
from reports.writing.verification.reading.motion import motions
from reports.writing.verification.reading.names import FOREIGN, LIQUIDITY
from reports.writing.verification.reading.numbers import EN_WORDS, VI_WORDS, word_value
from reports.writing.verification.reading.sentences import Sentence

_N = {
    "vi": rf"(?:\d{{1,2}}|{VI_WORDS}|\x01+)",
    "en": rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{EN_WORDS}|\x01+(?:st|nd|rd|th)?)",
}
_VI_W = r"(?:tăng|giảm|đi lên|đi xuống)(?: điểm| giá)?"
_IN_ROW = r"(?:liên tiếp|liền(?! trước)|liên tục)"
_UNBROKEN = r"[^.;,\x01\x03\d]"
_WAYS = r"(?:falling|losing|declining|down|rising|winning|gaining|advancing) (?:session|day)s?"
# Each form has its count in a group `n…` and its way, where it names one, in a group `w…`.
_FORMS = {
    "vi": (
        rf"(?:phiên|ngày) (?P<w1>{_VI_W}) thứ (?P<n1>#)(?!,? (?:ngày )?\d)(?: {_IN_ROW})?",
        rf"(?P<w2>{_VI_W})(?: {_IN_ROW}| sang)? phiên thứ (?P<n2>#)"
        rf"(?!,? (?:ngày )?\d)(?: {_IN_ROW})?",
        rf"(?P<w3>{_VI_W}) (?:trong |suốt |{_IN_ROW} )?(?P<n3>#) (?:phiên|ngày) {_IN_ROW}",
        rf"(?P<w4>{_VI_W}) (?:liên tiếp|liền|liên tục|suốt) (?P<n4>#) (?:phiên|ngày)",
        rf"(?:chuỗi|mạch) (?:dài )?(?P<n5>#) (?:phiên|ngày)(?: (?P<w5>{_VI_W}))?(?: {_IN_ROW})?",
        rf"(?P<n6>#) (?:phiên|ngày)(?: (?P<w6>{_VI_W}))? {_IN_ROW}(?: (?P<w7>{_VI_W}))?",
        rf"(?:chuỗi|mạch)(?: các)?(?: phiên)? (?P<w8>{_VI_W})(?: {_IN_ROW})?"
        rf"(?: (?:của|ở) (?:chỉ số )?\x03+)?(?:{_UNBROKEN}{{0,20}}? (?:là|thành|lên|sang|dài|tới|"
        r"đến|ở|đạt))? (?:phiên )?(?:thứ )?(?P<n8>#)(?: phiên| ngày)?"
        rf"(?: {_IN_ROW})?",
        rf"(?:đà|nhịp) (?P<w9>{_VI_W}) (?P<n9>#) phiên",
        rf"(?:đà|nhịp) (?P<w10>{_VI_W}){_UNBROKEN}{{0,12}}? (?:sang|tới|đến) phiên thứ (?P<n10>#)",
        rf"phiên thứ (?P<n11>#) {_IN_ROW}(?: (?P<w11>{_VI_W}))?",
        rf"(?P<n12>#) (?:phiên|ngày) (?P<w12>{_VI_W})",
    ),
    "en": (
        r"(?P<n1>#) (?:straight|consecutive|successive)(?: (?:session|day)s?)?(?: of)?(?: daily)?"
        rf"(?: (?P<w1>gains?|rises?|advances?|wins?|losses|loss|falls?|declines?|drops?|{_WAYS}))?",
        r"(?P<n2>#)(?: (?P<w2>gains?|losses|rises?|falls?|declines?|rising|gaining|winning|falling|"
        r"losing|declining))?(?: (?:session|day)s?)?"
        r" (?:in a row|running|on the trot)",
        r"(?P<n3>#)[- ](?:session|day) (?P<w3>winning|losing|rising|falling) (?:streak|run)",
        r"(?P<n4>#)[- ](?:session|day) (?:run|streak|series) of (?P<w4>gains|losses|rises|falls|"
        r"declines|advances)",
        r"(?P<n5>#)[- ](?:session|day) (?P<w5>dip|decline|slide|fall|drop|retreat|loss|pullback|"
        r"rally|rise|advance|gain|climb|rebound)",
        r"(?:\x03+(?:'s|’s) )?(?:streak|run|series) of (?P<n6>#)(?: (?:straight|daily|"
        r"consecutive))? "
        rf"(?P<w6>gains|losses|rises|falls|declines|{_WAYS}|sessions)",
        rf"(?:streak|run|series) of (?P<w7>gains|losses|rises|falls){_UNBROKEN}{{0,24}}? "
        r"(?P<n7>#) (?:session|day)s",
        r"(?P<w8>(?:winning|losing|rising|falling) (?:streak|run)|(?:decline|slide|fall|rise|rally|"
        r"advance|gain)(?= (?:(?:is|was|has|now) )*(?:stretch|extend|lengthen)))(?:(?: (?:of|for|"
        r"by|in))? \x03+)?"
        rf"{_UNBROKEN}{{0,26}}? (?P<n8>#)[- ](?:session|day)s?",
        r"(?:to|into) (?:an?|its) (?P<n9>#) (?:straight |consecutive )?(?:day|session)",
        r"(?P<n10>#) (?:session|day)s? of (?P<w10>gains|losses|rises|falls|declines?|advances?)"
        r"(?: in a row| running)?",
        r"for (?:an?|the) (?P<n11>#) (?:straight |consecutive )?(?:day|session)"
        r"(?: in a row| running)?",
        r"(?P<n13>#) (?P<w13>gain|loss|rise|fall|decline|advance) (?:in a row|running)",
        rf"(?P<n12>#) (?P<w12>(?:gains|losses|falls|rises)(?= (?:for|of|by) \x03)|{_WAYS})",
        r"(?P<n14>an?) (?:session|day) of (?P<w14>gains?|loss(?:es)?|rises?|falls?|declines?)",
    ),
}
_BROKE = {
    "vi": r"(?:chấm dứt|dứt|khép lại|bẻ gãy|ngắt|cắt đứt|cắt|đứt|kết thúc|chặn|dừng|phá)(?: đứt|"
    r" được)?"
    r"(?: mạch| chuỗi)?",
    "en": r"(?:end(?:s|ed|ing)?|snap(?:s|ped|ping)?|br(?:eaks?|oke|eaking)|halt(?:s|ed|ing)?|"
    r"stop(?:s|ped|ping)?|cut(?:s|ting)?(?: short)?|(?:put(?:s|ting)?|brought|brings) an end to)",
}
_AFTER = {
    "vi": r"sau(?: một)?(?: chuỗi| mạch)?",
    "en": r"(?:after|following|having (?:risen|fallen|gained|lost|climbed|declined|dropped|"
    r"advanced)(?: for)?|from|(?:recoup|eras|regain|recover|claw)\w*(?: back)?"
    r"(?: (?:part|some|half|most|much|all))?(?: of)?)",
}
_STREAK = {
    language: re.compile(
        rf"(?<!\w)(?:(?P<broke>{_BROKE[language]}) |(?P<after>{_AFTER[language]}) )?"
        r"(?:(?:an? |its |the |their )|\x03+(?:'s|’s) )?(?:"
        + "|".join(form.replace("#", _N[language]) for form in forms)
        + r")(?!\w)"
    )
    for language, forms in _FORMS.items()
}
# What all of them hold: most sentences hold none of it.
_ABOUT = {
    "vi": re.compile(r"liên t|liền|suốt|chuỗi|mạch|thứ|nhịp|đà |đứt|sau"),
    "en": re.compile(
        r"straight|consecutive|successive|in a row|running|on the trot|streak|run |series|session|"
        r"day|"
        r"(?:gains|losses|falls|rises) "
    ),
}
_FALLS = re.compile(r"giảm|đi xuống|loss|losing|fall|declin|drop|dip|slide|retreat|pullback|down")
# "a three-session run came to an end"
OVER = re.compile(
    r"[^.;:,]{0,40}?(?<!\w)(?<!chưa )(?<!không )(?<!not )(?:(?:came|come|has come|drew|"
    r"was brought) to (?:an end|a stop|a halt|a close)|ended|is over|"
    r"(?:was|has(?: just| now| also)? been|were|had been|is) (?:(?:just|now|also|finally) )?"
    r"(?:broken|snapped|halted|ended|cut short|interrupted|stopped)|"
    r"(?:đã |vừa |được |cũng )?(?:bị (?:\w+ )?(?:ngắt|cắt|cắt đứt|chặn|phá|phá vỡ|gián đoạn|dừng)|"
    r"kết thúc|chấm dứt|dừng lại|khép lại|đứt))(?!\w)"
)
_OWNER = re.compile(
    r"(?: (?:điểm|qua|liên tiếp|in a row))* (?:của|cho|for|of|by|in|ở) (?:chỉ số |the )?\x03"
)
# "…, VN30 the second", "… và thứ hai của VN-Index", "…, của HNX30 là hai phiên"
_GOES_ON = {
    "vi": re.compile(
        rf"\W*(?:,|và|còn|;)?(?: còn| và)? ?(?:(?:phiên )?thứ (?P<n1>{_N['vi']})(?: {_IN_ROW})?"
        rf"(?: của| với| cho) (?P<a>\x03+)|(?:của )?(?P<b>\x03+) (?:(?:là|có|sang|mới|đã|dài|"
        rf"được) )*"
        rf"(?:phiên )?(?:thứ )?(?P<n2>{_N['vi']})(?: phiên)?)(?=[,.;]| và| còn|$)"
    ),
    "en": re.compile(
        rf"\W*(?:,|and|;|while)?(?: and| while)? ?(?:for |that of )?(?P<a>\x03+(?: and \x03+)?) "
        rf"(?:(?:was|is|it|had|has|in|the|its|a) )*(?P<n1>{_N['en']})(?: (?:straight|sessions?))?"
        r"(?=[,.;]|$)"
    ),
}


_LONGEST = re.compile(
    r"(?<!\w)(?:(?:(?:chuỗi|mạch)(?: phiên)?(?: (?P<w>tăng|giảm))?(?: điểm)?(?: liên tiếp)? )?"
    rf"(?:dài|ngắn) nhất (?:trong|giữa|của)(?: số)?(?: (?:cả|tất cả))?(?: (?P<n>các|"
    rf"{_N['vi']}))? chỉ số|"
    r"(?:the |its )?(?:longest|shortest)(?: (?P<w2>winning|rising|losing|falling))?(?: (?:run|"
    r"streak|series))?"
    rf"(?: (?:among|of|in))(?: (?:the|all))* (?:(?:(?P<n2>{_N['en']}) )?(?:main )?(?:indices|"
    rf"indexes)|(?P<n3>{_N['en']})(?= ?[.,;]|$))|(?:the |its )?(?:longest|shortest) (?:run|"
    rf"streak) of "
    r"all(?= ?[.,;]|$))(?!\w)(?P<owner>(?: (?:thuộc về|là của|belongs to|is that of|was that of)"
    r" (?:chỉ số |the )?(?=\x03))?)"
)


# "Among the five indices, VN30 has the longest losing streak at 4 sessions"
_AMONG_ALL = re.compile(
    rf"\W*(?:trong|giữa|among|of)(?: (?:số|cả|the|all))*(?: (?:các|{_N['vi']}|{_N['en']}))? "
    r"(?:chỉ số|indices|indexes)(?: (?:có|with) (?:số liệu|data|figures))?,"
)
_PLAIN_LONGEST = re.compile(
    r"(?:(?:chuỗi|mạch)(?: phiên)?(?: (?P<w>tăng|giảm))?(?: điểm)?(?: liên tiếp)? )dài nhất|"
    r"longest(?: (?P<w2>winning|rising|losing|falling))? (?:run|streak|series)"
)


def longest(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Whose run is the longest of all indices, counted by the closes.

    "The longest losing run" is so among those that fell; "the longest run" among all.
    """
    if not holds(sentence.masked, ("dài nhất", "longest", "ngắn nhất", "shortest")):
        return
    text = marked(sentence)
    found = list(_LONGEST.finditer(text))
    if not found and (among := _AMONG_ALL.match(text)):
        found = [*_PLAIN_LONGEST.finditer(text, among.end())]
    for match in found:
        if sentence.is_hypothetical(match.start()):
            continue
        key = subjects.speaker(sentence, match.start(), case.subject)
        if match.groupdict().get("owner"):
            key = next(i.key for i in sentence.names if i.start == match.end())
        series = case.sheet.series
        runs = {name: series_records.streak(item.closes) for name, item in series.items()}
        parts = match.groupdict("")
        if told := parts["w"] or parts["w2"]:
            way = -1 if _FALLS.search(told) else 1
            runs = {name: max(0, run * way) for name, run in runs.items()}
        rest = [abs(run) for name, run in runs.items() if name != key]
        said = next((parts[name] for name in ("n", "n2", "n3") if parts.get(name)), "")
        own, rest = abs(runs.get(key, 0)), [run for run in rest if run]
        short = re.search("ngắn nhất|shortest", match[0])
        fits = bool(rest) and (0 < own < min(rest) if short else own > max(rest))
        reason = "" if fits else "is wrong: another run is as long, or longer"
        if word_value(said) not in {None, len(runs), len(case.sheet.indices)}:
            reason = f"is wrong: {len(runs)} indices are known"
        evidence = ", ".join(f"{name} closes" for name in runs)
        yield Claim(match.start(), match.end(), evidence, reason, figures=False)


_OVER_TIME = re.compile(r"(?:sau|qua|trong|after|over|in)(?!\w)")


def streaks(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """Each run that the text counts, and those that a list goes on to count."""
    if not _ABOUT[sentence.language].search(sentence.masked):
        return
    text = marked(sentence)
    for match in _STREAK[sentence.language].finditer(text):
        if sentence.is_hypothetical(match.start()) or _is_one(match):
            continue
        if _OVER_TIME.match(sentence.masked, match.start()) and any(
            figure.key.partition(".")[2].startswith("return")
            and 0 <= figure.start - match.end() <= 2
            for figure in sentence.figures
        ):
            continue  # "after 60 sessions it is down 4%": a move over them, no run
        behind = next((f for f in sentence.figures if 0 <= f.start - match.end() <= 1), None)
        if behind and ".return" in behind.key:
            continue  # "sau 60 phiên giảm 4,2%": over so many sessions
        over = OVER.match(text, match.end())
        yield Claim(
            match.start(),
            over.end() if over else match.end(),
            *_streak(sentence, match, case, over is not None),
        )
        at = match.end()
        while more := _GOES_ON[sentence.language].match(text, at):
            yield from _listed(sentence, match, more, case)
            at = more.end()


def _is_one(match: re.Match[str]) -> bool:
    """Whether it is no run: "its largest one-day loss", "hai phiên tăng" without more."""
    parts = match.groupdict()
    if match["broke"] or match["after"]:
        return False
    return bool(parts.get("n12") or parts.get("n14")) or (
        parts.get("n5") in {"one", "1"} and "w5" in parts
    )


def _written(match: re.Match[str]) -> str:
    return next((v for k, v in match.groupdict().items() if k[0] == "w" and v), "")


def _counted(sentence: Sentence, match: re.Match[str]) -> int | None:
    """The number in the phrase, in digits, in words, or from the reference that stands there."""
    group = next(k for k, v in match.groupdict().items() if k[0] == "n" and v)
    if match[group] in {"a", "an"}:
        return 1
    if "\x01" in match[group]:
        start, end = match.span(group)
        inside = [item for item in sentence.figures if start <= item.start < end]
        return int(inside[0].value) if inside else None
    return word_value(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", match[group]))


# "seven losses in a row leave HNX-Index at …"
_LEAVES = re.compile(
    r" (?:leaves?|left|puts?|takes?|took|brings?|brought|drag(?:s|ged)?|đưa|khiến|kéo|giúp|đẩy)"
    r" (?:the |chỉ số )?"
)


def _owner(sentence: Sentence, match: re.Match[str], case: Case) -> str:
    """Whose run it is: the name inside, right behind with "of", before, or the next one."""
    inside = [item for item in sentence.names if match.start() <= item.start < match.end()]
    if inside:
        return inside[-1].key
    if behind := _OWNER.match(marked(sentence), match.end()):
        return next(i.key for i in sentence.names if i.start == behind.end() - 1)
    earlier = [item for item in sentence.names if item.end <= match.start()]
    later = [item for item in sentence.names if item.start >= match.end()]
    if (
        not earlier
        and later
        and (
            re.match(r"\W*(?:sau|với|after|following|with)(?!\w)", sentence.masked)
            or _LEAVES.fullmatch(sentence.masked, match.end(), later[0].start)
        )
    ):
        return later[0].key
    return subjects.speaker(sentence, match.start(), case.subject)


def _streak(sentence: Sentence, match: re.Match[str], case: Case, over: bool) -> tuple[str, str]:
    count, key = _counted(sentence, match), _owner(sentence, match, case)
    if count is None:
        return "", "counts sessions in a way that cannot be read"
    start, _ = sentence.clause(match.start())
    before = sentence.masked[start : match.start()]
    flows = _FLOWS.search(sentence.masked, start, match.end() + 16)
    if FOREIGN.search(before) or LIQUIDITY.search(before) or flows:
        said = _said(match[0], sentence, case) or _told_by(count, sentence, case)
        return said, "" if said else "counts a streak that no fact proves"
    sides = _sides_streak(sentence, match, case, key)
    if sides is not None:
        return f"{key} closes", "" if sides == count else f"is wrong: it is session {sides}"
    row = rivals.row_before(sentence, match.start())
    if len(row) > 1 and not over and not match["broke"] and not match["after"]:
        runs = [_run(case.sheet, name, ended=False) or 0 for name in row]
        wrong = [r for r in runs if abs(r) != count or (r > 0) != (_way(sentence, match, r) > 0)]
        return ", ".join(row), _shown(wrong[0]) if wrong else ""
    ended = over or match["broke"] is not None
    run = _run(case.sheet, key, ended)
    if run is None:
        return "", "counts a streak, and the sheet has no closes to count"
    way = _way(sentence, match, run)
    if match["after"] and (row := _subjects(sentence, match, case)):
        runs = [series_records.streak(case.sheet.series[n].closes[:-1]) for n in row]
        wrong = [r for r in runs if abs(r) != count or (r > 0) != (way > 0)]
        return ", ".join(row), _shown(wrong[0]) if wrong else ""
    if match["after"]:  # "after three gains, it fell", or rose again
        before_today = series_records.streak(case.sheet.series[key].closes[:-1])
        any_length = match.groupdict().get("n14")  # "after a day of losses", of how many unsaid
        before_today = before_today // abs(before_today) if any_length else before_today
        run = before_today if abs(before_today) == count else run
    if abs(run) == count and (run > 0) == (way > 0):
        return f"{key} closes", ""
    return f"{key} closes", _shown(run)


_ENDED = re.compile(
    rf"(?<!\w)(?:{_BROKE['en']} (?:an?|its|the) (?P<w>winning|rising|losing|falling) (?:run|"
    rf"streak)|"
    rf"{_BROKE['vi']} (?:chuỗi |mạch )?(?P<v>tăng|giảm))(?: điểm)?(?= ?(?:[.,;]|$| and | và ))"
)


def ended(sentence: Sentence, case: Case) -> Iterator[Claim]:
    """A run told as broken whose length the text does not say."""
    if not holds(sentence.masked, (" run", "streak", "chuỗi", "mạch")):
        return
    for match in _ENDED.finditer(sentence.masked):
        key = subjects.speaker(sentence, match.start(), case.subject)
        run = _run(case.sheet, key, ended=True)
        if run is None or sentence.is_hypothetical(match.start()):
            continue
        fits = run < -1 if _FALLS.search(match["w"] or match["v"]) else run > 1
        reason = "" if fits else "is wrong: no such run ended"
        yield Claim(match.start(), match.end(), f"{key} closes", reason, figures=False)


_ROW = re.compile(r"\x03+(?:(?:, and|, và|,| and| và) \x03+)+(?= [^\x03,.;:]*$)")


def _subjects(sentence: Sentence, match: re.Match[str], case: Case) -> list[str]:
    """The names of the row that a run is told of: "A and B rebounded from a two-session fall"."""
    row = _ROW.search(marked(sentence)[: match.start()])
    if row is None:
        return []
    keys = [i.key for i in sentence.names if row.start() <= i.start < row.end()]
    return keys if all(key in case.sheet.series for key in keys) else []


def _shown(run: int) -> str:
    word = "gains" if run > 0 else "losses"
    return f"is wrong: the closes show {abs(run)} {word} in a row"


def _listed(
    sentence: Sentence, first: re.Match[str], more: re.Match[str], case: Case
) -> Iterator[Claim]:
    """What a list goes on to say of other indices, the way told once."""
    count = _counted(sentence, more)
    keys = [item.key for item in sentence.names if more.start() <= item.start < more.end()]
    for key in keys:
        run = _run(case.sheet, key, ended=False) or 0
        fits = abs(run) == count and (run > 0) == (_way(sentence, first, run) > 0)
        reason = "" if fits else _shown(run)
        yield Claim(more.start() + keys.index(key), more.end(), f"{key} closes", reason)


_FLOWS = re.compile(r"(?<!\w)(?:mua|bán) ròng|\bnet (?:buy|sell|b(?:ought)|sold)")


_IN_A_ROW = re.compile(
    r"(?<!\w)(?:liên tiếp|liền|consecutive|straight|successive|in a row|running)(?!\w)"
)
_NUMERAL = re.compile(rf"(?<!\w)(?:{VI_WORDS}|{EN_WORDS}|\d{{1,2}})(?!\w)")


def _told_by(count: int, sentence: Sentence, case: Case) -> str:
    """The cited item that counts as many sessions in a row, in either language."""
    for name in sentence.cited:
        item = case.items.get(name)
        text = f"{item.title}. {item.summary}".lower() if item else ""
        for told in _IN_A_ROW.finditer(text):
            near = re.split(r"[.;]", text[max(0, told.start() - 30) : told.start()])[-1]
            near += re.split(r"[.;]", text[told.end() : told.end() + 16])[0]
            if any(word_value(word) == count for word in _NUMERAL.findall(near)):
                return name
    return ""


def _said(words: str, sentence: Sentence, case: Case) -> str:
    """The cited item that uses the same words."""
    cited = [case.items[name] for name in sentence.cited if name in case.items]
    return next((i.id for i in cited if words in f"{i.title}. {i.summary}".lower()), "")


def _run(sheet: FactSheet, key: str, ended: bool) -> int | None:
    series = sheet.series.get(key)
    if series is None or len(series.closes) < 2:
        return None
    closes = series.closes[:-1] if ended else series.closes
    run = series_records.streak(closes)
    if ended:
        last = series_records.streak(series.closes)
        return run if last * run < 0 else 0
    return run


def _way(sentence: Sentence, match: re.Match[str], run: int) -> int:
    written = _written(match)
    if written and written != "sessions":
        return -1 if _FALLS.search(written) else 1
    start, end = sentence.clause(match.start())
    near = [
        m for m in motions(sentence.masked[:end], sentence.language) if m.start >= start and m.way
    ]
    return near[-1].way if near else run


def _sides_streak(sentence: Sentence, match: re.Match[str], case: Case, key: str) -> int | None:
    """For "third session in a row above its 20-session average": sessions on today's side."""
    start, end = sentence.clause(match.start())
    clause = sentence.masked[start:end]
    found = re.search(
        r"(?P<way>trên|above|dưới|below)[^,.;]*(?:ma ?20|20[ -](?:phiên|session))", clause
    )
    series = case.sheet.series.get(key)
    if not found or series is None:
        return None
    want = found["way"] in {"trên", "above"}
    run = 0
    for close, mean in zip(reversed(series.closes), reversed(series.averages), strict=True):
        if mean is None or (close > mean) is not want:
            break
        run += 1
    return run
