"""The fact sheet as a model reads it: one line a fact, under what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial

from market import formats
from market.agreement import Agreement
from market.sessions import VIETNAM
from reports.facts import FACT_NAMES, Fact, FactSheet, Gap, IndexState
from reports.publishing import labels

# What stands behind a value that is written without its unit.
_UNITS = {
    "vi": {"points": "điểm", "count": "", "ratio": "", "coefficient": "", "index": ""},
    "en": {"points": "points", "count": "", "ratio": "", "coefficient": "", "index": ""},
}
_WORDS = {
    "vi": {
        "now": "Thời điểm lập",
        "session": "trạng thái phiên",
        "day": "phiên gần nhất",
        "next": "phiên kế tiếp",
        "holidays": "nghỉ lễ",
        "simulated": "SỐ LIỆU MÔ PHỎNG: phải nói rõ trong bài.",
        "columns": "Mỗi dòng: khóa | ý nghĩa | giá trị mà tham chiếu sẽ hiện | đơn vị tự viết "
        "(nếu có) | khác với dòng tiêu đề. Dòng tiêu đề: nguồn, thời điểm, mức đối chiếu.",
        "single": "một nguồn",
        "confirmed": "hai nguồn khớp",
        "disputed": "HAI NGUỒN LỆCH: phải nói rõ, không dựa vào để kết luận",
        "stale": "SỐ LIỆU CŨ: phải nói rõ là số liệu của phiên {day}",
        "missing": "KHÔNG CÓ SỐ LIỆU: không được suy đoán",
        "gaps": "Thiếu",
        "derived": "tính",
    },
    "en": {
        "now": "Made at",
        "session": "session",
        "day": "last session",
        "next": "next session",
        "holidays": "holidays",
        "simulated": "SIMULATED NUMBERS: the text must say so.",
        "columns": "Each line: key | meaning | the value that a reference shows | unit to write "
        "after it, if any | what differs from the heading. Heading: source, time, agreement.",
        "single": "one source",
        "confirmed": "two sources agree",
        "disputed": "TWO SOURCES DIFFER: say so, and conclude nothing from it",
        "stale": "STALE: say that the figures are of the session of {day}",
        "missing": "NO FIGURES: guess nothing",
        "gaps": "Missing",
        "derived": "computed",
    },
}
_ORDER = {name: position for position, name in enumerate(FACT_NAMES)}
Common = tuple[str, str, str]  # source, as-of time, agreement


def facts_block(sheet: FactSheet, language: str = "vi") -> str:
    """All facts with meaning, value, unit, source, time and agreement, grouped by subject.

    What most facts of a subject share stands in its heading, and on a line only where it differs:
    five indices with their trends fit into some thousands of tokens.
    """
    words = _WORDS[language]
    parts = [_about(sheet, language), words["columns"]]
    if sheet.simulated:
        parts.append(words["simulated"])
    states = {state.key: state for state in sheet.indices}
    common = cache(partial(_common, language))  # hundreds of facts share a few
    parts += [
        "\n".join(_group(sheet, subject, facts, states.get(subject), common, language))
        for subject, facts in _groups(sheet).items()
        if facts or subject in states
    ]
    if sheet.gaps:
        parts.append(f"{words['gaps']}: {'; '.join(_gap(gap, language) for gap in sheet.gaps)}")
    return "\n\n".join(parts).replace(formats.NBSP, " ").replace("<", "‹")


def _about(sheet: FactSheet, language: str) -> str:
    words = _WORDS[language]
    found = [
        f"{words['now']}: {formats.moment(sheet.now, language)}",
        f"{words['session']}: {sheet.session}",
        *(
            f"{words[name]}: {formats.weekday(day, language)}, {formats.day(day, language)}"
            for name, day in (("day", sheet.session_day), ("next", sheet.next_session))
        ),
    ]
    if sheet.holidays:
        days = ", ".join(formats.day(day, language) for day in sheet.holidays)
        found.append(f"{words['holidays']}: {days}")
    return " · ".join(found)


def _groups(sheet: FactSheet) -> dict[str, list[Fact]]:
    """The facts by subject, in reading order: what comes from the database has lost its own."""
    found: dict[str, list[Fact]] = {subject: [] for subject in sheet.subjects}
    for key, fact in sheet.facts.items():
        found.setdefault(key.partition(".")[0], []).append(fact)
    for facts in found.values():
        facts.sort(key=lambda fact: (_ORDER.get(fact.key.partition(".")[2], len(_ORDER)), fact.key))
    return found


def _group(
    sheet: FactSheet,
    subject: str,
    facts: Sequence[Fact],
    state: IndexState | None,
    common: Callable[[str, datetime, str], Common],
    language: str,
) -> Iterator[str]:
    words = _WORDS[language]
    name = f"## {labels.subject_name(subject, sheet, language)} ({subject})"
    if not facts:
        reason = f" ({state.error})" if state and state.error else ""
        yield f"{name}: {words['missing']}{reason}"
        return
    told = [common(fact.source, fact.as_of, fact.agreement) for fact in facts]
    usual = Counter(told).most_common(1)[0][0]
    marks = list(usual)
    if state and state.agreement == Agreement.DISPUTED and words["disputed"] not in marks:
        marks.append(words["disputed"])
    if state and state.stale and state.session_day:
        marks.append(words["stale"].format(day=formats.day(state.session_day, language)))
    yield f"{name}: {', '.join(marks)}"
    for fact, own in zip(facts, told, strict=True):
        yield _line(fact, own, usual, language)


def _line(fact: Fact, own: Common, common: Common, language: str) -> str:
    """`vnindex.close | Điểm số | 1.768,12 | điểm`."""
    different = [mark for mark, usual in zip(own, common, strict=True) if mark != usual]
    if fact.kind == "derived":
        different.append(_WORDS[language]["derived"])
    cells = [
        fact.key,
        labels.fact_name(fact.key, language),
        labels.written(fact, language),
        _UNITS[language].get(fact.unit, ""),
        ", ".join(different),
    ]
    return " | ".join(cells).rstrip(" |")


def _common(language: str, source: str, as_of: datetime, agreement: str) -> Common:
    local = as_of.astimezone(VIETNAM)
    return (
        labels.source_text(source, language),
        f"{formats.short_day(local.date(), language)} {local:%H:%M}",
        _WORDS[language].get(agreement, agreement),
    )


def _gap(gap: Gap, language: str) -> str:
    day = formats.day(gap.day, language) if gap.day else ""
    details = ", ".join(part for part in (gap.detail, day) if part)
    return f"{gap.index} {gap.reason}{f' ({details})' if details else ''}"
