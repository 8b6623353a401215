"""Crypto, scenarios, calendar, the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from market import formats
from reports.crypto_facts import COINS
from reports.document import (
    Block,
    Evidence,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Section,
    Table,
)
from reports.facts import CRYPTO_SUBJECTS, Gap
from reports.publishing import labels
from reports.writing.writers.market_sections import SESSIONS, paragraph, section
from reports.writing.writers.reading import Reading, move_of
from reports.writing.writers.speech import FactName, Speech

STILL_PERCENT = Decimal("0.5")
WORTH_COMPARING = Decimal(1)
MOODS = ((76, "extreme_greed"), (55, "greed"), (47, "neutral"), (26, "fear"), (0, "extreme_fear"))
COIN_COLUMNS = {
    "vi": ("Đồng tiền", "Giá", "24 giờ", "RSI 14 ngày"),
    "en": ("Coin", "Price", "24 hours", "14-day RSI"),
}
CLOSE_CHANCES = 3  # in percent: nearer than that, none is called the likeliest
CHANCES = ("above", "between", "below")
# As the overview words that a figure was too old to show.
TOO_OLD = re.compile(r"too old|stands still|older than the last|the last answer is of")


def has_crypto(r: Reading) -> bool:
    subjects = {key.partition(".")[0] for key in r.sheet.facts}
    return bool(subjects & CRYPTO_SUBJECTS.keys())


def crypto(s: Speech) -> Section:
    """Coins, their breadth, the market and its mood, and whether it went with equities."""
    coins = [coin for coin in COINS if s.r.value("price", coin) is not None]
    blocks: list[Block] = []
    if coins:
        rows = tuple(_coin_row(coin, s.r) for coin in coins)
        ways = tuple(_coin_direction(coin, s.r) for coin in coins)
        blocks.append(Table("", COIN_COLUMNS[s.language], rows, ways))
    blocks += paragraph(*_coins(s), _since_btc(s), _coin_breadth(s))
    blocks += paragraph(_relation(s), *_whole(s), _mood(s))
    return section(s, "crypto", *blocks)


def _coin_row(coin: str, r: Reading) -> tuple[str, ...]:
    parts = (("price", ""), ("change_percent", "signed"), ("rsi14", ""))
    cells = [
        format(FactName(f"{coin}.{name}"), style) if r.fact(name, coin) else "–"
        for name, style in parts
    ]
    return (CRYPTO_SUBJECTS[coin], *cells)


def _coin_direction(coin: str, r: Reading) -> str:
    change = r.value("change_percent", coin)
    if change is None:
        return ""
    return "up" if change > 0 else "down" if change < 0 else "flat"


def _knows(r: Reading, *keys: str) -> bool:
    return all(key in r.sheet.facts for key in keys)


def _coins(s: Speech) -> list[str]:
    if not _knows(s.r, "btc.price", "btc.change_percent"):
        return []
    if not _knows(s.r, "eth.price", "eth.change_percent"):
        return [s.say("coins.btc")]
    verbs = {
        f"{coin}_verb": s.verb(move_of(s.r.number("change_percent", coin)))
        for coin in ("btc", "eth")
    }
    return [s.say("coins.both", **verbs)]


def _since_btc(s: Speech) -> str:
    moved = s.r.value("since_report_percent", "btc")
    if moved is None or abs(moved) < WORTH_COMPARING:
        return ""
    return s.say(f"since.btc.{'up' if moved > 0 else 'down'}")


def _coin_breadth(s: Speech) -> str:
    return s.say("coins.breadth") if _knows(s.r, "crypto.coins") else ""


def _whole(s: Speech) -> list[str]:
    said = []
    if _knows(s.r, "crypto.market_cap", "crypto.change_percent"):
        said.append(s.say("crypto.cap"))
    if _knows(s.r, "crypto.dominance_btc"):
        said.append(s.say("crypto.dominance"))
    return said


def _mood(s: Speech) -> str:
    value = s.r.value("fear_greed", "crypto")
    if value is None:
        return ""
    name = next(name for bound, name in MOODS if value >= bound)
    return s.say("mood", mood=s.word(f"mood.{name}"))


def _relation(s: Speech) -> str:
    """Whether Bitcoin went the way of the lead index, where both clearly moved."""
    bitcoin, local = s.r.value("change_percent", "btc"), s.r.value("change_percent")
    if bitcoin is None or local is None:
        return ""
    if abs(bitcoin) < STILL_PERCENT or s.r.move().direction == "flat":
        return s.say("beside")
    way = "up" if bitcoin > 0 else "down"
    return s.say(f"{'with' if bitcoin * local > 0 else 'against'}.{way}")


# Scenarios


def has_scenarios(r: Reading) -> bool:
    return r.has(*(f"p_{name}" for name in CHANCES), "support", "resistance")


def scenarios(s: Speech) -> Section:
    """Names, probabilities and rules are fixed; only the words about them vary."""
    items = tuple(
        Scenario(
            s.word(f"scenario.{name}"),
            format(FactName(f"{s.r.lead.key}.p_{name}"), ""),
            s.say(f"rule.{name}"),
        )
        for name in CHANCES
    )
    text = f"{s.say(f'likeliest.{_likeliest(s.r)}')} {s.say('scenario.method')}"
    return section(s, "scenarios", Scenarios(items), Paragraph(text))


def _likeliest(r: Reading) -> str:
    """The scenario that is clearly the most frequent, or `even`."""
    chances = sorted(((r.number(f"p_{name}"), name) for name in CHANCES), reverse=True)
    (first, name), (second, _), _ = chances
    return name if first - second > CLOSE_CHANCES else "even"


# Calendar and numbers


def calendar(s: Speech) -> Section:
    return section(s, "calendar", ListBlock(tuple(dates(s))))


def dates(s: Speech) -> list[str]:
    """The next session, and the days off of two weeks."""
    sheet, language = s.r.sheet, s.language
    day = sheet.next_session
    when = f"{formats.weekday(day, language)} {formats.short_day(day, language)}"
    is_later = any(holiday < day for holiday in sheet.holidays)
    kind = "afternoon" if s.r.phase == "lunch" else "later" if is_later else "tomorrow"
    items = [s.say(f"next.{kind}", next_day=when)]
    if sheet.holidays:
        days = s.join([formats.short_day(item, language) for item in sheet.holidays])
        items.append(s.say("holidays", days=days))
    return items


def numbers(s: Speech) -> Section:
    return section(s, "numbers", ListBlock(tuple(about_numbers(s))), Evidence())


def about_numbers(s: Speech) -> list[str]:
    """Data time, sources, what is stale, missing or disputed, how the figures came about."""
    r, language = s.r, s.language
    items = [s.say("simulated")] if r.sheet.simulated else []
    if r.sheet.data_as_of:
        moment = formats.moment(r.sheet.data_as_of, language)
        sources = [formats.source_name(source, language) for source in r.sheet.sources]
        items.append(s.say("origin", moment=moment, sources=", ".join(sources)))
    items += _stale(s)
    for agreement, group in (("confirmed", "confirmed"), ("disputed", "disputed.note")):
        names = [state.display_name for state in r.known if state.agreement == agreement]
        if names:
            items.append(s.say(group, names=s.join(names)))
    return [*items, *_gaps(s), s.say("method")]


def _stale(s: Speech) -> list[str]:
    """What is old and of which time, indices of one time together."""
    by_time: dict[str, list[str]] = {}
    for state in s.r.stale:
        as_of = s.r.sheet.facts[f"{state.key}.close"].as_of
        moment = formats.moment(as_of, s.language)
        by_time.setdefault(moment, []).append(state.display_name)
    return [s.say("stale", names=s.join(names), moment=at) for at, names in by_time.items()]


def _gaps(s: Speech) -> list[str]:
    gaps, lead = s.r.sheet.gaps, s.r.lead.key
    names = {state.key: state.display_name for state in s.r.sheet.indices}
    said = [
        s.say("gap.unknown", index=names[gap.index])
        for gap in gaps
        if gap.reason == "unknown" and gap.index in names
    ]
    short = [gap.detail for gap in gaps if (gap.index, gap.reason) == (lead, "history_too_short")]
    for gap in gaps:
        if gap.index == lead and gap.reason in {"no_history", "history_too_old"}:
            date = formats.day(gap.day, s.language) if gap.day else ""
            said.append(s.say(f"gap.{gap.reason}", index=names[lead], date=date))
    if short:
        word = SESSIONS[s.language]
        windows = s.join([f"{window}{formats.NBSP}{word}" for window in short])
        said.append(s.say("gap.history_too_short", index=names[lead], windows=windows))
    return said + _crypto_gaps(s, gaps)


def _crypto_gaps(s: Speech, gaps: Sequence[Gap]) -> list[str]:
    said = []
    absent: dict[str, list[str]] = {"old": [], "absent": []}
    for gap in gaps:
        subject, _, _ = gap.index.partition(".")
        if subject not in CRYPTO_SUBJECTS:
            continue
        if gap.reason == "stale":
            moment = formats.moment(datetime.fromisoformat(gap.detail), s.language)
            said.append(s.say("crypto.stale", moment=moment))
        else:
            absent["old" if TOO_OLD.search(gap.detail) else "absent"].append(_gap_name(s, gap))
    for kind, names in absent.items():
        if names:
            said.append(s.say(f"crypto.{kind}", names=s.join(list(dict.fromkeys(names)))))
    return said


def _gap_name(s: Speech, gap: Gap) -> str:
    """`Bitcoin` for any figure of a coin; `tỷ lệ thống trị của Bitcoin` for one of the market."""
    subject, _, _ = gap.index.partition(".")
    if subject != "crypto":
        return CRYPTO_SUBJECTS[subject]
    name = labels.fact_name(gap.index, s.language)
    is_proper = name.startswith(tuple(CRYPTO_SUBJECTS.values()))
    return name if is_proper else name[:1].lower() + name[1:]
