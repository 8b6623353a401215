"""The title and the standfirst: the one thing that mattered, what else happened, what is open."""

from __future__ import annotations

from typing import Any

from reports.writing.writers.angles import Angle
from reports.writing.writers.reading import Reading
from reports.writing.writers.speech import FactName, N, Speech, book

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
COUNTED = {
    "vi": {"up": "tăng", "down": "giảm", "flat": "đứng yên"},
    "en": {"up": "rose", "down": "fell", "flat": "stood still"},
}


def title(s: Speech, angle: Angle) -> str:
    text = s.say(group("title", angle, s.r), **words_of(s, angle))
    return dated(s, text, s.r.phase)


def dated(s: Speech, text: str, phase: str) -> str:
    """The title with the day of a past session, and with the word that figures are simulated."""
    if phase == "past":
        text = s.say("title.past", title=text)
    return s.say("title.simulated", title=text) if s.r.sheet.simulated else text


def standfirst(s: Speech) -> str:
    return f"{_happened(s)} {_open(s)}"


def group(prefix: str, angle: Angle, r: Reading) -> str:
    """The phrase group of an angle, of the move's direction where the book tells them apart."""
    directed = f"{prefix}.{angle.kind}.{r.move().direction}"
    return directed if directed in book() else f"{prefix}.{angle.kind}"


def words_of(s: Speech, angle: Angle) -> dict[str, Any]:
    """What the phrases about an angle need beside the lead's own facts."""
    r = s.r
    words: dict[str, Any] = {}
    if angle.window:
        words = {"window": angle.window, "average": FactName(f"{r.lead.key}.sma{angle.window}")}
    if angle.kind == "split":
        words = {"best": s.subject(r.ranked[0].key), "worst": s.subject(r.ranked[-1].key)}
    if angle.kind == "lead_missing":
        before = r.sheet.indices[: r.sheet.indices.index(r.lead)]
        words = {"missing": s.join([state.display_name for state in before])}
    return words


def counted(count: int, language: str) -> str:
    """How many indices: English in words; Vietnamese in digits, as its five is also its year."""
    if language == "vi":
        return str(count)
    if count < len(NUMBERS):
        return NUMBERS[count]
    tens, ones = divmod(count, 10)
    return f"{TENS[tens - 2]}-{NUMBERS[ones]}" if ones else TENS[tens - 2]


def _happened(s: Speech) -> str:
    """How many indices rose and fell; of a lone index how it stands in its own weeks."""
    r = s.r
    up, down, flat = r.counts()
    total = up + down + flat
    if total == 1:
        return _alone(s)
    words: dict[str, Any] = {
        "count": counted(total, s.language),
        "rest": (" có số liệu" if s.language == "vi" else " with figures") if r.missing else "",
    }
    for count, way, most in ((up, "up", 0), (down, "down", -1)):
        if count == total:
            return s.say(f"tally.all_{way}", **words, most=s.subject(r.ranked[most].key))
    if flat == total:
        return s.say("tally.all_flat", **words)
    return s.say("tally.mixed", **words, **_parts(s, up, down, flat))


def _parts(s: Speech, up: int, down: int, flat: int) -> dict[str, str]:
    """`two indices` `rose`, `two fell and one stood still`, the largest group first."""
    parts = sorted(
        ((up, "up"), (down, "down"), (flat, "flat")), key=lambda part: part[0], reverse=True
    )
    said = [(_some(s, count), COUNTED[s.language][way]) for count, way in parts if count]
    (first, verb), *others = said
    if s.language == "en":
        first += " index" if first == NUMBERS[1] else " indices"
    return {
        "first": first,
        "First": first.capitalize(),
        "first_verb": verb,
        "others": s.join([" ".join(part) for part in others]),
    }


def _some(s: Speech, count: int) -> str:
    return f"{count}{N}chỉ số" if s.language == "vi" else counted(count, s.language)


def _alone(s: Speech) -> str:
    if s.r.missing:
        return s.say("only")
    if not s.r.has("distance_sma20", "return5"):
        return s.say("alone.bare")
    side = "above" if s.r.number("distance_sma20") >= 0 else "below"
    way = "up" if s.r.number("return5") >= 0 else "down"
    return s.say(f"alone.{side}_{way}")


def _open(s: Speech) -> str:
    if s.r.is_stopped:
        return s.say("open.stopped")
    if s.r.has_levels:
        return s.say(f"open.levels.{s.r.move().direction}")
    return s.say("open.trend" if s.r.has_trend else "open.none")
