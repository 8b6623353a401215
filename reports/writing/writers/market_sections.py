"""Sections about the indices: what happened, the table of all, trend and levels.

What leads a paragraph is what mattered most that day. The blocks of each section are the same in
both languages; tables and charts come from the facts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from market import formats
from market.sessions import VIETNAM
from reports.document import Block, Callout, Figure, ListBlock, Paragraph, Section, Table
from reports.facts import IndexState
from reports.writing.writers.angles import Angle
from reports.writing.writers.headline import group, words_of
from reports.writing.writers.reading import Reading, is_about, move_of
from reports.writing.writers.speech import FactName, Speech

MOST_SENTENCES = 5
MOST_BESIDES = 2
WORTH_SAYING = 0.9
BREADTH = {"broad", "against_breadth"}
ABOUT_TRADE = BREADTH | {"volume_high", "volume_low"}
EVEN_BREADTH = Decimal("1.1")
NARROW_RANGE, WIDE_RANGE = Decimal("0.6"), Decimal("2.2")
LARGE_CAPS = "vn30"
LARGE_CAPS_POINTS = Decimal("0.3")
LOOSE, TIGHT = Decimal("0.5"), Decimal("0.8")
HEADINGS = {
    "vi": {
        "what-happened": "Diễn biến chính",
        "indices": "Các chỉ số",
        "trend": "Xu hướng và vùng điểm",
        "crypto": "Tiền mã hóa",
        "scenarios": "Kịch bản cho 5 phiên tới",
        "calendar": "Lịch giao dịch",
        "numbers": "Số liệu",
    },
    "en": {
        "what-happened": "What happened",
        "indices": "The indices",
        "trend": "Trend and levels",
        "crypto": "Crypto",
        "scenarios": "Scenarios for the next five sessions",
        "calendar": "Calendar",
        "numbers": "The numbers",
    },
}
COLUMNS = {
    "vi": ("Chỉ số", "Điểm", "Thay đổi", "%", "Nguồn"),
    "en": ("Index", "Points", "Change", "%", "Source"),
}
SESSIONS = {"vi": "phiên", "en": "sessions"}


def section(s: Speech, name: str, *blocks: Block) -> Section:
    return Section(name, HEADINGS[s.language][name], blocks)


def paragraph(*sentences: str) -> list[Block]:
    """One paragraph of what there is to say, or none."""
    said = [sentence for sentence in sentences if sentence][:MOST_SENTENCES]
    return [Paragraph(" ".join(said))] if said else []


def what_happened(s: Speech, day: Sequence[Angle]) -> Section:
    """`day` is the day's angles, the title's first."""
    r, main = s.r, day[0]
    besides = [item for item in day[1:] if item.kind != "move" and item.weight >= WORTH_SAYING]
    about_trade = [item for item in besides if item.kind in ABOUT_TRADE]
    besides = [item for item in besides if item not in about_trade][:MOST_BESIDES]
    blocks = paragraph(*_opening(s, main), _course(s, main), _history(s))
    if r.lead.key in r.sheet.series:
        blocks.append(Figure("history", r.lead.key, *_history_caption(s)))
    # What names other indices comes last: "the index" behind it would be taken for one of them.
    besides.sort(key=lambda item: item.kind == "split")
    told = [_also(s, item) for item in besides]
    split = [told.pop()] if besides and besides[-1].kind == "split" else []
    blocks += paragraph(*told, *_since_report(s), *split)
    for said in _trade(s, day, about_trade):
        blocks += paragraph(*said)
    blocks.append(Callout(*_turning_point(s)))
    return section(s, "what-happened", *blocks)


def _also(s: Speech, angle: Angle) -> str:
    return s.say(group("also", angle, s.r), **words_of(s, angle))


def _trade(s: Speech, day: Sequence[Angle], notable: Sequence[Angle]) -> list[list[str]]:
    """Volume and breadth, what is notable of each with it, the more notable one first.

    One paragraph, or two when there is much to say.
    """
    of_volume = [_also(s, item) for item in notable if item.kind.startswith("volume")]
    of_breadth = [_also(s, item) for item in notable if not item.kind.startswith("volume")]
    parts = [[*_activity(s), *of_volume], [*of_breadth, *_breadth(s)]]
    if any(item.kind in BREADTH for item in day[:2]):
        parts.reverse()
    whole = [sentence for part in parts for sentence in part]
    return parts if len(whole) > MOST_SENTENCES else [whole]


def _opening(s: Speech, main: Angle) -> list[str]:
    direction = s.r.move().direction
    if main.kind == "move":
        return [s.say(f"opening.{direction}")]
    return [s.say(group("lead", main, s.r), **words_of(s, main)), s.say(f"then.{direction}")]


def _course(s: Speech, main: Angle) -> str:
    r = s.r
    if not r.has("high", "low", "range_percent", "range_position") or "turned" in main.kind:
        return ""
    return s.say(f"course.{_shape(r)}")


def _shape(r: Reading) -> str:
    """How the session ran, from where the index stands in the day's range."""
    position, span = r.number("range_position"), r.number("range_percent")
    direction = r.move().direction
    if span < NARROW_RANGE:
        return "narrow"
    if r.stands_at("high"):
        return "at_high"
    if r.stands_at("low"):
        return "at_low"
    if position >= 80:
        return "near_high"
    if position <= 20:
        return "near_low"
    if span >= WIDE_RANGE:
        return "wide"
    if direction == "up" and position < 55:
        return "gave_back"
    if direction == "down" and position > 45:
        return "pared_loss"
    return "middle"


def _history(s: Speech) -> str:
    if not s.r.has("distance_sma20", "return20"):
        return ""
    distance = s.r.number("distance_sma20")
    side = "near" if is_about(distance) else "above" if distance > 0 else "below"
    return s.say(f"history.{side}_{'up' if s.r.number('return20') >= 0 else 'down'}")


def _since_report(s: Speech) -> list[str]:
    """The way since the last report, unless it is the day's change over again; its levels."""
    r = s.r
    then = r.fact("report_close")
    if then is None:
        return []
    said = []
    if then.value != r.value("previous_close"):
        moment = then.as_of
        day = formats.short_day(moment.astimezone(VIETNAM).date(), s.language)
        clock = formats.clock_time(moment, s.language)
        text = f"{clock} ngày {day}" if s.language == "vi" else f"{clock} on {day}"
        direction = move_of(r.number("since_report_percent")).direction
        said.append(s.say(f"since.{direction}", then=text))
    return [*said, *_levels_then(s)]


def _levels_then(s: Speech) -> list[str]:
    r = s.r
    if not r.has("report_support", "report_resistance"):
        return []
    close = r.number("close")
    if close > r.number("report_resistance"):
        return [s.say("watch.above")]
    if close < r.number("report_support"):
        return [s.say("watch.below")]
    return [s.say("watch.within")]


def _activity(s: Speech) -> list[str]:
    r = s.r
    if not r.has("volume"):
        return []
    against = r.value("volume_vs_avg20")
    if not r.is_over:
        said = [s.say("activity.stopped" if r.is_stopped else "activity.so_far")]
    elif against is None:
        said = [s.say("activity.plain")]
    else:
        bounds = ((40, "surge"), (8, "above"), (-8, "near"), (-40, "below"))
        name = next((name for bound, name in bounds if against >= bound), "dry")
        said = [s.say(f"activity.{name}")]
    return [*said, s.say("turnover")] if r.has("value") else said


def _breadth(s: Speech) -> list[str]:
    r = s.r
    ups, downs = r.value("advances"), r.value("declines")
    if ups is None or downs is None:
        return []
    ratio = r.value("breadth_ratio")
    even = ups == downs or (ratio is not None and ratio < EVEN_BREADTH)
    side = "even" if even else "buyers" if ups > downs else "sellers"
    said = [s.say(f"breadth.{side}")]
    limits, still = r.has("ceilings", "floors"), r.has("unchanged")
    if limits or still:
        kind = "limits_unchanged" if limits and still else "limits" if limits else "unchanged"
        said.append(s.say(f"breadth.{kind}"))
    return said


def _turning_point(s: Speech) -> tuple[str, str]:
    r = s.r
    direction = r.move().direction
    if not r.has_levels:
        return s.say("turn.title.reference"), s.say(f"turn.reference.{direction}")
    sides = ("high", "low") if direction == "up" else ("low", "high")
    names = level_names(s)
    subjects = (r.lead.display_name, "chỉ số" if s.language == "vi" else "the index")
    said = [
        s.say(f"turn.{side}", it=subject, **names)
        for side, subject in zip(sides, subjects, strict=True)
    ]
    return s.say("turn.title"), " ".join(said)


def level_names(s: Speech) -> dict[str, str]:
    """What kind of level support and resistance are, in words."""
    return {
        word: s.word(f"level.{s.r.level_name(side)}")
        for word, side in (("low_name", "support"), ("high_name", "resistance"))
        if s.r.has(side)
    }


def _history_caption(s: Speech) -> tuple[str, str]:
    count = len(s.r.sheet.series[s.r.lead.key].days)
    caption = f"{s.r.lead.display_name}, {count}{formats.NBSP}{SESSIONS[s.language]}"
    if s.language == "vi":
        note = "Điểm đóng cửa; đường mảnh: trung bình 20 phiên"
        return caption, note if s.r.is_over else f"{note}; điểm cuối: hiện tại"
    note = "Points at the close; thin line: 20-session average"
    return caption, note if s.r.is_over else f"{note}; last point: now"


# The indices


def indices(s: Speech, day: Sequence[Angle]) -> Section:
    states = s.r.sheet.indices
    table = Table(
        "",
        COLUMNS[s.language],
        tuple(_row(s, state) for state in states),
        tuple(_direction(s.r, state.key) for state in states),
    )
    blocks: list[Block] = [table, *paragraph(*_leaders(s, day), *_relations(s), *_doubts(s))]
    if len(s.r.known) > 1:
        blocks.append(Figure("moves", "all", *_moves_caption(s)))
    return section(s, "indices", *blocks)


def _row(s: Speech, state: IndexState) -> tuple[str, ...]:
    if not state.known:
        return (state.display_name, "–", "–", "–", "–")
    facts = (("close", ""), ("change", "signed"), ("change_percent", "signed"))
    cells = [format(FactName(f"{state.key}.{name}"), style) for name, style in facts]
    origin = formats.source_name(state.source, s.language)
    if state.source != "demo":
        origin = f"{origin}, {s.word(f'agreement.{state.agreement}')}"
    return (state.display_name, *cells, origin)


def _direction(r: Reading, key: str) -> str:
    """up, down or flat; empty for an index without figures."""
    change = r.value("change", key)
    if change is None:
        return ""
    return "up" if change > 0 else "down" if change < 0 else "flat"


def _leaders(s: Speech, day: Sequence[Angle]) -> list[str]:
    ranked = s.r.ranked
    if len(ranked) < 2 or day[0].kind == "split":
        return []
    first, last = ranked[0], ranked[-1]
    best, worst = (s.r.number("change", state.key) for state in (first, last))
    kind = "up" if worst > 0 else "down" if best < 0 else "mixed"
    return [s.say(f"ranks.{kind}", best=s.subject(first.key), worst=s.subject(last.key))]


def _relations(s: Speech) -> list[str]:
    """The large caps against the whole, and the index that moves least with the first."""
    r, said = s.r, []
    ahead = r.value("vs_lead", LARGE_CAPS)
    if ahead is not None and abs(ahead) >= LARGE_CAPS_POINTS:
        kind = "ahead" if ahead > 0 else "behind"
        said.append(s.say(f"large.{kind}", large=s.subject(LARGE_CAPS)))
    known = [
        (value, state.key)
        for state in r.known
        if state.key != LARGE_CAPS and (value := r.value("correlation20", state.key)) is not None
    ]
    if known:
        value, key = min(known)
        kind = "loose" if value < LOOSE else "tight" if value >= TIGHT else ""
        if kind:
            said.append(s.say(f"correlation.{kind}", other=s.subject(key)))
    return said


def _doubts(s: Speech) -> list[str]:
    said = []
    if s.r.missing:
        names = s.join([state.display_name for state in s.r.missing])
        said.append(s.say("absent", names=names))
    disputed = [state.display_name for state in s.r.known if state.agreement == "disputed"]
    if disputed:
        said.append(s.say("disputed", names=s.join(disputed)))
    return said


def _moves_caption(s: Speech) -> tuple[str, str]:
    if s.language == "vi":
        return "Mức thay đổi của các chỉ số", "% so với tham chiếu"
    return "How far the indices moved", "% against the previous close"


def list_block(items: Sequence[str]) -> list[Block]:
    return [ListBlock(tuple(items))] if items else []
