"""Short notes: nothing new, sources that differ, figures that wait for a check.

Whether anything is new is decided here, too, by comparing two sheets.
"""

from __future__ import annotations

from decimal import Decimal

from market import formats, indicators
from market.sessions import VIETNAM
from reports.document import Block, Callout, Document, Evidence, ListBlock, Paragraph, bare_digits
from reports.facts import FactSheet
from reports.writing.writers.headline import dated
from reports.writing.writers.market_sections import section
from reports.writing.writers.other_sections import about_numbers, dates
from reports.writing.writers.speech import Speech, book

REASONS = ("unchanged", "disputed", "unverified")
# Moves since the last report that make crypto news by itself, in percent and in points.
MATERIAL_COIN_PERCENT = Decimal(3)
MATERIAL_MOOD_POINTS = Decimal(10)
MOST_DISPUTES = 3
LARGEST_COINS = ("btc.price", "eth.price")


def is_material(sheet: FactSheet, previous: FactSheet | None) -> bool:
    """Whether a full report has something to say that the last one did not.

    New is: the first report; real numbers after simulated ones; for any index another session day,
    another price, figures that came or went, another word of the second source; Bitcoin or Ethereum
    3 percent away; the Fear and Greed index 10 points away.
    """
    if previous is None or sheet.simulated != previous.simulated:
        return True
    return _indices(sheet) != _indices(previous) or _crypto_moved(sheet, previous)


def _indices(sheet: FactSheet) -> dict[str, tuple[object, ...]]:
    return {
        state.key: (
            state.known,
            state.session_day,
            sheet.value(f"{state.key}.close"),
            state.agreement == "disputed",
        )
        for state in sheet.indices
    }


def _crypto_moved(sheet: FactSheet, previous: FactSheet) -> bool:
    for key in LARGEST_COINS:
        now, before = sheet.value(key), previous.value(key)
        moved = indicators.change_percent(now, before) if now and before else Decimal(0)
        if abs(moved) >= MATERIAL_COIN_PERCENT:
            return True
    now, before = sheet.value("crypto.fear_greed"), previous.value("crypto.fear_greed")
    return now is not None and before is not None and abs(now - before) >= MATERIAL_MOOD_POINTS


def note_document(s: Speech, reason: str, detail: str = "") -> Document:
    """The note in one language; KeyError for an unknown reason."""
    if reason not in REASONS:
        raise KeyError(reason)
    words = {"names": _names(s, reason, detail)}
    state = f"note.state.{s.r.move().direction}"
    told = s.say(_body_group(s, reason, words["names"]), **words)
    body: list[Block] = [Paragraph(f"{s.say(state)} {told}")]
    point = _named(f"note.{reason}.point", words["names"])
    if point in book():
        said = [*_second_words(s, reason), s.say(point, **words)]
        body.append(Callout(s.say("note.point.title"), " ".join(said)))
    body.append(ListBlock(tuple(dates(s)[:1])))
    sections = (
        section(s, "what-happened", *body),
        section(s, "numbers", ListBlock(tuple(about_numbers(s))), Evidence()),
    )
    standfirst = s.say(_named(f"note.{reason}.standfirst", words["names"]), **words)
    return Document(_title(s, reason), standfirst, sections)


def _title(s: Speech, reason: str) -> str:
    """The market's state; a note without news names its own time, so that no two read the same."""
    if reason == "unchanged":
        return dated(s, s.say("note.unchanged.title", now=_now(s)), "close")
    return dated(s, s.say(f"note.title.{s.r.move().direction}"), s.r.phase)


def _now(s: Speech) -> str:
    """`8h30 ngày 22/8`, `08:30 ICT on 22 August`."""
    now = s.r.sheet.now
    day = formats.short_day(now.astimezone(VIETNAM).date(), s.language)
    between = "ngày" if s.language == "vi" else "on"
    return f"{formats.clock_time(now, s.language)} {between} {day}"


def _named(group: str, names: str) -> str:
    """The group that names what is open, where something is named and the book has one."""
    named = f"{group}.named"
    return named if names and named in book() else group


def _body_group(s: Speech, reason: str, names: str) -> str:
    elsewhere = f"note.{reason}.body.elsewhere"
    is_elsewhere = names and s.r.lead.agreement != "disputed"
    return elsewhere if is_elsewhere and elsewhere in book() else f"note.{reason}.body"


def _second_words(s: Speech, reason: str) -> list[str]:
    """What each of the two sources says of an index on which they differ."""
    if reason != "disputed":
        return []
    return [
        s.say(
            "note.second",
            index=s.subject(state.key),
            source=formats.source_name(state.source, s.language),
            second=formats.source_name(second.source, s.language),
        )
        for state in s.r.known
        if (second := s.r.fact("second_close", state.key))
    ][:MOST_DISPUTES]


def _names(s: Speech, reason: str, detail: str) -> str:
    """What the open point is about: what the caller says, else the disputed indices."""
    plain = detail
    for state in s.r.sheet.indices:
        plain = plain.replace(state.display_name, "")
    if detail and not bare_digits(plain) and not set("{}[]") & set(detail):
        return detail
    disputed = [state.display_name for state in s.r.known if state.agreement == "disputed"]
    return s.join(disputed) if disputed and reason == "disputed" else ""
