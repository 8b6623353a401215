"""Short notes: nothing new, sources that differ, figures that wait for a check.

Whether anything is new is decided here, too, by comparing two sheets.
"""

from __future__ import annotations

from decimal import Decimal

from market import formats, indicators
from reports.document import Block, Callout, Document, Evidence, ListBlock, Paragraph, bare_digits
from reports.facts import FactSheet
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
    direction = s.r.move().direction
    state = f"note.state.{direction}"
    heading = f"note.{reason}.title"
    named = f"{heading}.named"
    elsewhere = words["names"] not in {"", s.r.lead.display_name}
    title = s.say(named if elsewhere and named in book() else heading, **words)
    if s.r.sheet.simulated:
        title = s.say("title.simulated", title=title)
    body: list[Block] = [Paragraph(f"{s.say(state)} {s.say(f'note.{reason}.body', **words)}")]
    point = f"note.{reason}.point"
    if words["names"]:
        point = f"{point}.named"
    if point in book():
        said = [*_second_words(s, reason), s.say(point, **words)]
        body.append(Callout(s.say("note.point.title"), " ".join(said)))
    body.append(ListBlock(tuple(dates(s)[:1])))
    sections = (
        section(s, "what-happened", *body),
        section(s, "numbers", ListBlock(tuple(about_numbers(s))), Evidence()),
    )
    return Document(title, s.say(f"note.{reason}.standfirst", **words), sections)


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
