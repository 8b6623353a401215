"""Each figure against its evidence: references, declared bare figures, an editor's figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from reports.facts import CRYPTO_SUBJECTS, Fact
from reports.writing.verification import directions
from reports.writing.verification.case import Case, result
from reports.writing.verification.cited import held, reported
from reports.writing.verification.claims import rivals
from reports.writing.verification.figures import proofs, roles, sides
from reports.writing.verification.figures.arithmetic import ArithmeticFault, compute
from reports.writing.verification.reading import around, numbers, subjects, wording
from reports.writing.verification.reading.sentences import Figure, Sentence
from reports.writing.verification.results import KINDS, Checked, Declared, Source

# How far a figure that text calls approximate ("about", "khoảng") may lie from its evidence.
ABOUT_PRICE = Decimal("0.02")
ABOUT_CHANGE = Decimal("0.20")
MILLION = 10**6
ABOUT_GAUGE = Decimal(10)  # points of the fear and greed index
_UNITS = {
    "points": {"points"},
    "percent": {"percent", "pp"},
    "proportion": {"percent", "pp"},
    "chance": {"percent"},
    "percentage_points": {"pp", "percent"},
    "shares": {"shares"},
    "vnd": {"vnd"},
    "usd": {"usd"},
    "count": {"stocks", ""},
    "ratio": {"", "points", "times", "stocks"},
    "coefficient": {""},
    "index": {"", "points"},
    "pp": {"pp", "percent"},
    "": {"", "times"},
    "?": {""},
}
# A number of these kinds means nothing without the words that name it.
_NAMELESS = {"count", "ratio", "coefficient", "index", "percentage_points"}


Spans = Sequence[tuple[int, int]]


def check(
    sentence: Sentence, case: Case, claimed: Spans, yardsticks: Spans = ()
) -> Iterator[Checked]:
    """A result for each figure; `claimed` are stretches that a claim in words accounts for.

    A reference among the `yardsticks` is anybody's: the claim holds others against it.
    """
    for figure in sentence.figures:
        if figure.is_reference and figure.fact and _inside(figure, yardsticks):
            reason = roles.unit_fault(figure, sentence)
            yield result(sentence, case, figure.text, figure.fact.kind, figure.key, reason)
        elif figure.is_reference:
            yield _reference(sentence, figure, case)
        elif not _inside(figure, claimed):
            yield _bare(sentence, figure, case)


def _inside(figure: Figure, spans: Spans) -> bool:
    return any(start <= figure.start and figure.end <= end for start, end in spans)


def _reference(sentence: Sentence, figure: Figure, case: Case) -> Checked:
    if figure.fact is None:
        return result(sentence, case, figure.text, "observed", figure.key, "names no known fact")
    reason = roles.unit_fault(figure, sentence) or context_fault(sentence, figure, case)
    return result(sentence, case, figure.text, figure.fact.kind, figure.key, reason)


def context_fault(sentence: Sentence, figure: Figure, case: Case) -> str:
    """Why the words around a figure with a fact do not fit that fact."""
    fact = figure.fact
    if fact is None:
        return ""
    if fact.key.endswith((".vs_lead", ".correlation20")):
        reason = _against_lead(sentence, figure, case)
    else:
        allowed = subjects.subject_of(sentence, figure, case.subject, case.lead)
        reason = subjects.subject_fault(figure, allowed, case.sheet)
    if reason:
        return reason
    if figure.style == "signed" and figure.is_reference and not figure.step and _is_level(fact):
        return "is no change, so it has no sign"
    names = roles.expected_names(sentence, figure)
    if fact.key.endswith(".vs_lead") and rivals.is_lead_over(sentence, figure):
        names = frozenset(("vs_lead",))
    if names is None and fact.unit in _NAMELESS - {"count"}:
        spoken = [item.names for item in wording.phrases(sentence.masked, sentence.language)]
        names = frozenset((fact.key.partition(".")[2],)) & frozenset().union(*spoken) or None
        if fact.key.endswith(".vs_lead"):
            names = frozenset(("vs_lead",))  # both indices are named, as checked above
    if names is None and fact.unit in _NAMELESS:
        return "stands where nothing says what it is"
    if names is not None and names == roles.UNSTATED.get(around.measure(figure)):
        names = names | roles.spoken_of(sentence, figure)
    if names and (reason := roles.role_fault(figure, fact, names, case.sheet)):
        return reason
    if fault := sides.side_fault(sentence, figure, case.sheet):
        return fault
    called = roles.apposition(sentence, figure)
    if called and (reason := roles.role_fault(figure, fact, called, case.sheet)):
        return reason
    return directions.sign_fault(sentence, figure, case.sheet)


def _is_level(fact: Fact) -> bool:
    return fact.key.partition(".")[2] in wording.LEVELS | wording.CLOSE


_BY = re.compile(r" (?:by |tới |khoảng |đến )?\(?")


def _against_lead(sentence: Sentence, figure: Figure, case: Case) -> str:
    """A gap or a correlation holds one index against the first of the sheet, and no other."""
    subject, first = figure.key.partition(".")[0], case.sheet.indices[0].key
    named = {item.key for item in sentence.names}
    spoken = [match["large"] for match in subjects.COLLECTIVE.finditer(sentence.masked)]
    named |= {"vn30" if large else first for large in spoken}
    others = named - {subject}
    earlier = [item for item in sentence.names if item.end <= figure.start]
    own = [item.key for item in earlier if not item.compared]
    if (
        earlier
        and (earlier[-1].key, own[-1:]) == (first, [subject])
        and _BY.fullmatch(sentence.masked, earlier[-1].end, figure.start)
    ):
        return ""  # "stronger than A by", whatever else the sentence names
    if others and others != {first}:
        return f"is measured against {case.sheet.index_name(first)}, not what the text names"
    one = len(sentence.names) > 1 and len({item.key for item in sentence.names}) == 1
    if not named & {subject, first} or one:
        return "belongs to another pair of indices than the text names"
    return ""


def _bare(sentence: Sentence, figure: Figure, case: Case) -> Checked:
    if figure.problem:
        return result(sentence, case, figure.text, "observed", "", figure.problem)
    if figure.unit and (second := numbers.unit_after(sentence.masked, figure.end)[1]):
        reason = f"has a second unit behind it, “{second}”"
        return result(sentence, case, figure.text, "observed", "", reason)
    declared = [item for item in case.declared if _is_it(item, figure, case.language)]
    if _is_threshold(sentence, figure, case):
        return result(sentence, case, figure.text, "observed", "", "")
    if not declared and case.editor:
        return _matched(sentence, figure, case)
    if not declared and held.is_name(sentence, figure, case):
        return result(sentence, case, figure.text, "cited", ", ".join(sentence.cited), "")
    if not declared:
        reason = "is neither a reference nor declared"
        return result(sentence, case, figure.text, "observed", "", reason)
    found = [_declared(sentence, figure, item, case) for item in declared]
    return next((item for item in found if item.passed), found[0])


_RSI_LIMIT = re.compile(
    r"(?<!\w)(?:(?P<over>above|over|trên|vượt|cao hơn)|(?P<under>below|under|dưới|thấp hơn)|"
    r"(?P<near>near|close to|just (?:above|below)|gần|sát|ngay (?:trên|dưới))|"
    r"(?P<plain>threshold of|mark of|level of|line of|at|ngưỡng|mốc|mức))"
    r"(?: (?:the|ngưỡng|mốc|mức|quá mua|quá bán|overbought|oversold|line|threshold|of))* $"
)


def _is_threshold(sentence: Sentence, figure: Figure, case: Case) -> bool:
    """Whether it is the RSI's 30 or 70, and the RSI stands to it as the text has it."""
    if figure.unit or figure.value not in {30, 70} or "rsi" not in sentence.masked:
        return False
    said = _RSI_LIMIT.search(sentence.masked[: figure.start])
    rows = [item for item in sentence.figures if item.key.endswith(".rsi14")]
    key = subjects.speaker(sentence, figure.start, case.subject)
    value = rows[-1].value if rows else case.sheet.value(f"{key}.rsi14")
    if said is None or value is None:
        return False
    if said["near"]:
        return abs(value - figure.value) <= 5
    if said["plain"]:
        return bool(re.search("quá|over", sentence.masked))
    return (value > figure.value) is (said["over"] is not None)


def _is_it(declared: Declared, figure: Figure, language: str) -> bool:
    """Whether a declaration is about this figure: the same digits, and the scale if it has one."""
    text = numbers.normal(declared.text)
    for number in numbers.numbers(text, language):
        if number.step == figure.step and abs(number.value) == abs(figure.value):
            return True
        bare = numbers.NUMERAL.search(text[number.start : number.end])
        own = numbers.NUMERAL.search(figure.text)
        if (
            bare
            and own
            and bare["digits"] == own["digits"]
            and number.step >= Decimal(1).scaleb(-9)
        ):
            return text.strip(" %+-\u2212") == own["digits"]
    return False


def _declared(sentence: Sentence, figure: Figure, item: Declared, case: Case) -> Checked:
    checks = {"observed": _observed, "derived": _derived, "cited": _cited, "count": _count}
    if item.kind not in KINDS:
        reason = "is declared as nothing that can be checked"
        return result(sentence, case, figure.text, "observed", item.evidence, reason)
    reason = checks[item.kind](sentence, figure, item.evidence.strip(), case)
    return result(sentence, case, figure.text, item.kind, item.evidence, reason)


def _observed(sentence: Sentence, figure: Figure, key: str, case: Case) -> str:
    fact = case.sheet.facts.get(key)
    if fact is None:
        return f"is declared as {key or 'a fact without a name'}, which is no fact"
    return unlike(figure, fact) or context_fault(sentence, as_fact(figure, fact), case)


def as_fact(figure: Figure, fact: Fact) -> Figure:
    """The figure as if it were written as a reference to that fact."""
    return figure._replace(key=fact.key, fact=fact, style="abs" if not figure.signed else "signed")


def unlike(figure: Figure, fact: Fact, tolerant: bool = False) -> str:
    """Why the written figure is not that fact: unit, sign, or value at its own precision."""
    known = figure.unit in _UNITS.get(fact.unit, {""}) or _unit_left_out(figure, fact)
    if figure.unit == "points" and fact.unit == "ratio":
        known = fact.key.endswith("rsi14")
    if not known:
        return f"has not the unit of {fact.key}, which is in {fact.unit}"
    if figure.signed and figure.value and fact.value and (figure.value > 0) is not (fact.value > 0):
        return f"has not the sign of {fact.key}"
    if figure.reads(fact.value):
        return ""
    if tolerant and figure.hedged and near(figure, fact.value, fact.unit):
        return ""
    return f"is not {fact.key}"


def _unit_left_out(figure: Figure, fact: Fact) -> bool:
    """Levels may stand without their unit: "closed at 1,768.12"."""
    if figure.unit == "vnd" and fact.unit == "count":
        return fact.key.startswith("crypto.")  # "7 đồng", coins
    return figure.unit == "" and fact.unit in {"points", "usd"}


def near(figure: Figure, value: Decimal, unit: str) -> bool:
    """Whether an approximate figure is within its tolerance: price, change, or gauge."""
    distance = abs(abs(figure.value) - abs(value))
    if unit == "index":
        return distance <= ABOUT_GAUGE
    share = ABOUT_CHANGE if unit in {"percent", "pp", "percentage_points"} else ABOUT_PRICE
    return distance <= abs(value) * share


def _derived(sentence: Sentence, figure: Figure, expression: str, case: Case) -> str:
    try:
        found = compute(expression, case.sheet.facts)
    except ArithmeticFault as fault:
        return str(fault)
    per_one = figure.unit == "stocks" and not found.unit
    per_one = per_one and bool(_PER_ONE.search(sentence.masked, figure.end))
    if figure.unit not in _UNITS.get(found.unit, {""}) and not per_one:
        return f"has not the unit of its arithmetic, which gives {found.unit or 'a plain number'}"
    fits = figure.reads(found.value) or bounded(sentence, figure, found.value)
    if not fits and not figure.reads(_as_shown(expression, case)):
        shown = found.value.quantize(min(figure.step, Decimal(1))) if found.value < 10**15 else ""
        return f"is not what its arithmetic gives ({shown})"
    if figure.signed and figure.value and (figure.value > 0) is not (found.value > 0):
        return "has not the sign that its arithmetic gives"
    return proofs.derived_fault(sentence, figure, found.value, expression, case.sheet)


def _as_shown(expression: str, case: Case) -> Decimal:
    """What the arithmetic gives with levels as readers see them, to a hundredth of a point."""
    shown = {
        key: fact._replace(value=fact.value.quantize(Decimal("0.01"), ROUND_HALF_UP))
        for key, fact in case.sheet.facts.items()
        if fact.unit == "points" and key in expression
    }
    return compute(expression, {**case.sheet.facts, **shown}).value


_MORE = re.compile(r"(?<!\w)(?:hơn|trên|quá|over|more than|at least|above)(?: \$)? ?$")
_LESS = re.compile(
    r"(?<!\w)(?:gần|chưa (?:tới|đến)|dưới|nearly|almost|less than|under|just under|below) ?$"
)


def bounded(sentence: Sentence, figure: Figure, value: Decimal) -> bool:
    """Whether "more than 70 times" or "less than 4 points" bounds the value, and closely."""
    before = sentence.masked[: figure.start]
    if figure.unit not in {"times", "percent", "pp", "points", "stocks", ""} or not figure.value:
        return False
    ratio = abs(value) / abs(figure.value)
    if _MORE.search(before):
        return 1 < ratio <= 1 + CLOSELY
    return bool(_LESS.search(before)) and 1 - CLOSELY <= ratio < 1


_PER_ONE = re.compile(r"(?<!\w)(?:for (?:each|every)|cho mỗi|trên mỗi|ứng với)(?!\w)")
CLOSELY = Decimal("0.1")


def _cited(sentence: Sentence, figure: Figure, name: str, case: Case) -> str:
    item = case.items.get(name.strip("[] "))
    if item is None:
        return f"is declared as cited from {name or 'nothing'}, which is no research item"
    reason, found = f"does not stand in {item.id}", held.figures_of(item)
    for number in found:
        if _stands(figure, number):
            others = [other for other in found if other.start != number.start]
            reason = _cited_fault(sentence, figure, item, number, others)
            if not reason:
                return ""
    return reason


def _cited_fault(
    sentence: Sentence,
    figure: Figure,
    item: Source,
    number: numbers.Number,
    others: Sequence[numbers.Number],
) -> str:
    """Why the item's figure `number` is another than the sentence's, or nothing."""
    if held.is_other(sentence, figure, item, number, others):
        return f"stands in {item.id}, but of something else"
    if held.is_reversed(sentence, figure, item, number.start):
        return f"stands in {item.id} with the other direction"
    return reported.fault(sentence, figure, item, number.start)


def _stands(figure: Figure, number: numbers.Number) -> bool:
    units = {"stocks": "shares"}
    unit, other = (units.get(item.unit, item.unit) for item in (figure, number))
    if unit != other and not (_left_out(unit, other, figure.value) and "" in {unit, other}):
        return False
    if figure.signed and number.signed and (figure.value > 0) is not (number.value > 0):
        return False
    if abs(number.value) == abs(figure.value):
        return True
    if not figure.hedged or not number.value:
        return False
    return near(figure, number.value, "percent" if figure.unit == "percent" else figure.unit)


def _left_out(unit: str, other: str, value: Decimal) -> bool:
    """Whether one of two may be without its unit: "ended at 50,238", "538 tỷ và 371 tỷ đồng"."""
    return (unit, other) == ("points", "") or abs(value) >= MILLION


def _count(sentence: Sentence, figure: Figure, evidence: str, case: Case) -> str:
    if fact := case.sheet.facts.get(evidence):
        if fact.unit != "count":
            return f"is declared as a count, but {evidence} is none"
        return unlike(figure, fact) or context_fault(sentence, as_fact(figure, fact), case)
    names = [part.strip().removesuffix(".change") for part in evidence.split(",") if part.strip()]
    unknown = [name for name in names if f"{name}.change_percent" not in case.sheet.facts]
    if not names or unknown:
        return f"counts {unknown[0] if unknown else 'nothing'}, of which the sheet knows no change"
    if len(set(names)) != len(names) or len(names) != figure.value:
        return "is not the number of what it counts"
    return proofs.counted_fault(sentence, figure, names, case.sheet)


def _matched(sentence: Sentence, figure: Figure, case: Case) -> Checked:
    """An editor's bare figure against every fact that its words allow."""
    reason = "matches no fact of what the text speaks of"
    for fact in _candidates(sentence, figure, case):
        fault = unlike(figure, fact, tolerant=True)
        if not fault:
            fault = context_fault(sentence, as_fact(figure, fact), case)
            if not fault:
                return result(sentence, case, figure.text, fact.kind, fact.key, "")
            reason = fault
    return result(sentence, case, figure.text, "observed", "", reason)


def _candidates(sentence: Sentence, figure: Figure, case: Case) -> list[Fact]:
    owners = subjects.subject_of(sentence, figure, case.subject, case.lead)
    if figure.unit in {"pp", ""}:
        owners |= {item.key for item in sentence.names}
    if owners & set(CRYPTO_SUBJECTS):
        owners = owners | {"crypto"}
    return [
        fact
        for fact in case.sheet.facts.values()
        if not owners or fact.key.partition(".")[0] in owners
    ]
