"""The offline analyst's English: plain, dated, conditional about what is to come."""

from __future__ import annotations

from market import formats
from reports.facts import Gap
from reports.writing.writers.reading import Move, Reading

N = formats.NBSP
NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VERBS = {
    ("up", "extreme"): "surged",
    ("up", "strong"): "climbed",
    ("up", "plain"): "rose",
    ("up", "slight"): f"edged{N}up",
    ("down", "extreme"): "plunged",
    ("down", "strong"): "dropped",
    ("down", "plain"): "fell",
    ("down", "slight"): f"edged{N}down",
    ("flat", "none"): f"was{N}flat",
}
LEVELS = {
    "sma20": "the 20-session average",
    "sma50": "the 50-session average",
    "sma200": "the 200-session average",
    "high_20": "the 20-session high",
    "low_20": "the 20-session low",
    "high_52w": "the 52-week high",
    "low_52w": "the 52-week low",
    "round_above": "a round mark",
    "round_below": "a round mark",
}
AGREEMENT = {"single": "one source", "confirmed": "two sources agree", "disputed": "sources differ"}


class English:
    headings = {
        "what-happened": "What happened",
        "indices": "The indices",
        "trend": "Trend and levels",
        "scenarios": "Scenarios for the next five sessions",
        "calendar": "Calendar",
        "numbers": "The numbers",
    }
    columns = ("Index", "Points", "Change", "%", "Source")
    scenario_names = ("Breakout", "Consolidation", "Pullback")

    def title(self, r: Reading) -> str:
        name, close = r.lead.display_name, r.ref("close")
        mark = "Simulated: " if r.sheet.simulated else ""
        day = f" on {formats.short_day(r.day, 'en')}" if r.phase == "past" else ""
        move = r.move()
        if move.direction == "flat":
            where = {"intraday": "around", "lunch": "at midday at"}.get(r.phase, "at the close at")
            return f"{mark}{name} flat {where} {close}{day}"
        size = f"{r.ref('change', 'abs')}{N}points"
        end = {"intraday": "to", "lunch": "by midday to"}.get(r.phase, "to close at")
        return f"{mark}{name} {_verb(move)} {size} {end} {close}{day}"

    def standfirst(self, r: Reading) -> str:
        return f"{self._tally(r)} {self._open_question(r)}"

    def opening(self, r: Reading) -> str:
        name, close = r.lead.display_name, f"{r.ref('close')}{N}points"
        move = r.move()
        if move.direction == "flat":
            first = f"{self._when(r)} {name} was flat ({r.ref('change_percent', 'signed')})"
        else:
            first = (
                f"{self._when(r)} {name} {_verb(move)} {r.ref('change', 'abs')}{N}points "
                f"({r.ref('change_percent', 'signed')})"
            )
        end = {"intraday": "and stood at", "lunch": "and ended the morning at"}
        text = f"{first} {end.get(r.phase, 'and closed at')} {close}"
        sentences = [f"{text}, against a previous close of {r.ref('previous_close')}."]
        if r.has("high", "low"):
            low, high = r.ref("low"), r.ref("high")
            sentences.append(f"It moved within {low}–{high}{N}points.")
        sentences += self._against_history(r)
        return " ".join(sentences)

    def activity(self, r: Reading) -> str:
        if not r.has("volume"):
            return ""
        text = f"Volume {'so far ' if not r.is_over else ''}came to {r.ref('volume')}"
        if r.has("value"):
            text += f", worth {r.ref('value')}"
        sentences = [f"{text}."]
        ratio = r.value("volume_vs_avg20")
        if r.is_over and ratio is not None:
            side = "above" if ratio >= 0 else "below"
            sentences.append(
                f"That is {r.ref('volume_vs_avg20', 'abs')} {side} the 20-session average volume."
            )
        return " ".join(sentences)

    def breadth(self, r: Reading) -> str:
        ups, downs = r.value("advances"), r.value("declines")
        if ups is None or downs is None:
            return ""
        parts = [f"{r.ref('advances')}{N}stocks rose", f"{r.ref('declines')} fell"]
        if r.has("unchanged"):
            parts.append(f"{r.ref('unchanged')} were unchanged")
        side = "favoured buyers" if ups > downs else "favoured sellers"
        if ups == downs:
            side = "was even"
        sentences = [f"Market breadth {side}: {_join(parts)}."]
        if r.has("ceilings", "floors"):
            sentences.append(
                f"Of these, {r.ref('ceilings')} hit the daily ceiling and "
                f"{r.ref('floors')} the floor."
            )
        return " ".join(sentences)

    def turning_point(self, r: Reading) -> tuple[str, str]:
        question = "What would change this picture?"
        name = r.lead.display_name
        if r.has_levels:
            low, high = r.level_name("support"), r.level_name("resistance")
            return question, (
                f"A close of {name} below {r.ref('support')}{N}points ({LEVELS[low]}) would weaken "
                f"the current move. A close above {r.ref('resistance')}{N}points ({LEVELS[high]}) "
                "could open room to the upside."
            )
        side = "below" if r.move().direction == "up" else "above"
        effect = "undo the latest gain" if side == "below" else "recover what was lost"
        if r.move().direction == "flat":
            effect = "tip the balance towards buyers"
        return question, (
            f"A close of {name} {side} the reference of {r.ref('previous_close')}{N}points in the "
            f"next session would {effect}."
        )

    def leaders(self, r: Reading) -> str:
        ranked = r.ranked
        sentences: list[str] = []
        if len(ranked) > 1:
            first, last = ranked[0], ranked[-1]
            best = r.ref("change_percent", "signed", first.key)
            worst = r.ref("change_percent", "signed", last.key)
            lag = "rose least" if (r.value("change", last.key) or 0) > 0 else "was weakest"
            lead = "fell least" if (r.value("change", first.key) or 0) < 0 else "was strongest"
            sentences.append(
                f"{first.display_name} {lead} ({best}), {last.display_name} {lag} ({worst})."
            )
        if r.missing:
            names = _join([state.display_name for state in r.missing])
            sentences.append(f"No figures for {names} were at hand when this report was written.")
        return " ".join(sentences)

    def averages(self, r: Reading) -> str:
        name = r.lead.display_name
        sentences: list[str] = []
        for side in ("above", "below"):
            windows = [item for item in ("20", "50", "200") if _side(r, item) == side]
            if windows:
                parts = [f"{item}-session average ({r.ref(f'sma{item}')})" for item in windows]
                subject = name if not sentences else "It"
                sentences.append(f"{subject} stands {side} its {_join(parts)}.")
        return " ".join(sentences)

    def momentum(self, r: Reading) -> str:
        sentences: list[str] = []
        strength = r.value("rsi14")
        if strength is not None:
            zone = "overbought" if strength >= 70 else "neutral"
            zone = "oversold" if strength <= 30 else zone
            sentences.append(f"Momentum is {zone}: the 14-session RSI reads {r.ref('rsi14')}.")
        if r.has("volatility20"):
            sentences.append(f"Annualised 20-session volatility is {r.ref('volatility20')}.")
        return " ".join(sentences)

    def extremes(self, r: Reading) -> str:
        if not r.has("high_52w", "low_52w"):
            return ""
        return (
            f"The index is {r.ref('distance_high_52w', 'abs')} below its 52-week high "
            f"({r.ref('high_52w')}) and {r.ref('distance_low_52w', 'abs')} above its 52-week low "
            f"({r.ref('low_52w')})."
        )

    def levels(self, r: Reading) -> tuple[str, ...]:
        items = []
        for side, word in (("resistance", "resistance"), ("support", "support")):
            if r.has(side):
                reason = LEVELS[r.level_name(side)]
                items.append(f"Nearest {word}: {r.ref(side)}{N}points, {reason}.")
        return tuple(items)

    def scenario_rules(self, r: Reading) -> tuple[str, str, str]:
        low, high = r.ref("support"), r.ref("resistance")
        return (
            f"The fifth session closes above {high}{N}points.",
            f"The fifth session closes from {low} to {high}{N}points.",
            f"The fifth session closes below {low}{N}points.",
        )

    def scenario_method(self, r: Reading) -> str:
        return (
            "The probabilities are past frequencies: the share of five-session moves of the past "
            "year that ended in each zone, counted from today's level. The past is no promise."
        )

    def calendar(self, r: Reading) -> tuple[str, ...]:
        day = r.sheet.next_session
        when = f"{formats.weekday(day, 'en')} {formats.short_day(day, 'en')}"
        items = [f"Next session: {when}, opening at 09:00{N}ICT."]
        if r.sheet.holidays:
            days = _join([formats.short_day(item, "en") for item in r.sheet.holidays])
            items.append(f"Within two weeks the market is closed on {days}.")
        return tuple(items)

    def about_numbers(self, r: Reading) -> tuple[str, ...]:
        items = []
        if r.sheet.simulated:
            items.append(
                "These numbers are simulated to try the site out; they are no market data."
            )
        if r.sheet.data_as_of:
            items.append(f"Data as of {formats.moment(r.sheet.data_as_of, 'en')}.")
        sources = dict.fromkeys(formats.source_name(item.source, "en") for item in r.known)
        items.append(f"Sources: {', '.join(sources)}.")
        for state in r.stale:
            items.append(f"{state.display_name}: old data, {self._stood(r, state.key)}.")
        items += [text for gap in r.sheet.gaps if (text := self._gap(r, gap))]
        items.append(
            "Every figure in the text is filled in by program from the table below; changes and "
            "percentages are computed anew from price and previous close."
        )
        return tuple(items)

    def history_caption(self, r: Reading) -> tuple[str, str]:
        count = len(r.sheet.series[r.lead.key].days)
        note = "Points at the close; thin line: 20-session average"
        name = r.lead.display_name
        return f"{name}, {count}{N}sessions", note if r.is_over else f"{note}; last point: now"

    def moves_caption(self, r: Reading) -> tuple[str, str]:
        return "How far the indices moved", "% against the previous close"

    def provenance(self, source: str, agreement: str) -> str:
        name = formats.source_name(source, "en")
        return name if source == "demo" else f"{name}, {AGREEMENT.get(agreement, agreement)}"

    def _when(self, r: Reading) -> str:
        day = f"{formats.weekday(r.day, 'en')} {formats.short_day(r.day, 'en')}"
        if r.phase == "lunch":
            return f"In the morning session of {day},"
        if r.phase == "intraday":
            return f"At {formats.clock_time(r.sheet.now, 'en')} on {day},"
        return f"On {day},"

    def _tally(self, r: Reading) -> str:
        up, down, flat = r.counts()
        total = up + down + flat
        if total == 1:
            return f"Only {r.lead.display_name} has figures."
        rest = " with figures" if r.missing else ""
        for count, verb in ((up, "rose"), (down, "fell")):
            if count == total:
                return f"All {_words(total)} indices{rest} {verb}{self._extreme(r, verb)}."
        parts = [(up, "rose"), (down, "fell"), (flat, "stood still")]
        parts.sort(key=lambda part: part[0], reverse=True)
        said = [f"{_words(count)} {verb}" for count, verb in parts if count]
        first_count, first_verb = parts[0]
        head = f"{_words(first_count).capitalize()} of {_words(total)} indices{rest}"
        tail = f", {', '.join(said[1:])}" if len(said) > 1 else ""
        return f"{head} {first_verb}{tail}."

    def _extreme(self, r: Reading, verb: str) -> str:
        state = r.ranked[0] if verb == "rose" else r.ranked[-1]
        reference = r.ref("change_percent", "signed", state.key)
        return f", {state.display_name} the most ({reference})"

    def _open_question(self, r: Reading) -> str:
        if r.has_levels:
            return (
                f"Levels to watch: support at {r.ref('support')} and resistance at "
                f"{r.ref('resistance')}{N}points."
            )
        if r.has_trend:
            return "The trend needs more sessions to be confirmed."
        return "There is not enough history at hand to speak of a trend."

    def _against_history(self, r: Reading) -> list[str]:
        distance, change = r.value("distance_sma20"), r.value("return20")
        if distance is None or change is None:
            return []
        side = "above" if distance >= 0 else "below"
        word = "up" if change >= 0 else "down"
        return [
            f"That is {r.ref('distance_sma20', 'abs')} {side} the 20-session average; against "
            f"20{N}sessions earlier the index is {word} {r.ref('return20', 'abs')}."
        ]

    def _stood(self, r: Reading, key: str) -> str:
        fact = r.fact("close", key)
        return f"from {formats.moment(fact.as_of, 'en')}" if fact else ""

    def _gap(self, r: Reading, gap: Gap) -> str:
        state = next(item for item in r.sheet.indices if item.key == gap.index)
        name = state.display_name
        if gap.reason == "unknown":
            return f"{name}: no figures, the sources gave no answer or a wrong one."
        if gap.index != r.lead.key:
            return ""
        if gap.reason == "no_history":
            return f"No trend section: there are no day bars of {name} yet."
        if gap.reason == "history_too_old" and gap.day:
            day = formats.day(gap.day, "en")
            return f"No trend section: the day bars of {name} end on {day}, over five sessions ago."
        return f"Too few sessions for the {gap.detail}-session average of {name}."


def _words(count: int) -> str:
    """A number below a hundred in words."""
    if count < len(NUMBERS):
        return NUMBERS[count]
    tens, ones = divmod(count, 10)
    return f"{TENS[tens - 2]}-{NUMBERS[ones]}" if ones else TENS[tens - 2]


def _verb(move: Move) -> str:
    return VERBS[move.direction, move.size]


def _side(r: Reading, window: str) -> str:
    distance = r.value(f"distance_sma{window}")
    if distance is None:
        return ""
    return "above" if distance >= 0 else "below"


def _join(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
