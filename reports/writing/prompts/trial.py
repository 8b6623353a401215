"""A prompt tried on the newest facts: what it says with everything filled in, and what a model
answers to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum

from marketsite import clock
from reports import document, facts
from reports.document import Document, DocumentError
from reports.models import ModelCall, Report, Step
from reports.publishing.checks import Row, check_rows
from reports.publishing.render import plain_text
from reports.writing import research, sections, verification
from reports.writing.asking import ask
from reports.writing.budget import Reservation, Spender
from reports.writing.prompts import InForce, load, quoted_json
from reports.writing.prompts.facts import facts_block
from reports.writing.prompts.templates import fill
from reports.writing.schedule import edition_of
from reports.writing.writer_states import is_configured
from reports.writing.writers import MODEL_WRITERS
from reports.writing.writers.analyst import Analyst
from reports.writing.writers.base import Answer, Brief, Prompt, WriterError, WriterUnavailable

MAX_TOKENS = 8192
PATIENCE_SECONDS = 30  # somebody waits in front of a page: later than this, no further call begins
SHOWN_WITH_SYSTEM = "what-happened"  # the rules alone ask for nothing
# What stands for things that only a run has: a faulty answer, and what is wrong with it.
ANSWER = {
    "blocks": [{"kind": "paragraph", "text": "VN-Index giảm {{vnindex.change|abs}} điểm, mất 12."}],
    "figures": [],
}
PROBLEM = "- VN-Index giảm 33,88 điểm, mất 12.: 12 is neither a reference nor declared"


@dataclass(frozen=True, slots=True)
class Sample:
    """Values for every placeholder, from the newest sheet of facts and its run's news.

    `skeleton` is what the rules write of them; None where nothing is known.
    """

    values: Mapping[str, str]
    sheet: facts.FactSheet
    items: Sequence[research.Item]
    skeleton: Document | None

    @property
    def made(self) -> datetime:
        return self.sheet.now


@dataclass(frozen=True, slots=True)
class Tried:
    """A model's answer to a prompt, with what it took."""

    writer: str
    answer: Answer
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a run would take an answer: what cannot be used says why, else each check of it."""

    unusable: str = ""
    passed: int = 0
    failed: Sequence[Row] = ()

    @property
    def total(self) -> int:
        return self.passed + len(self.failed)


class _Counting(Spender):
    """A spender that remembers its calls: asking may take more than one."""

    def __init__(self) -> None:
        super().__init__(None)
        self.calls: list[int] = []

    def reserve(self, writer: str, model: str, prompt: Prompt) -> Reservation:
        held = super().reserve(writer, model, prompt)
        self.calls.append(held.call_id)
        return held


def sample() -> Sample | None:
    """None while no run has frozen any numbers."""
    sheet, run_id = _newest_sheet()
    if sheet is None:
        return None
    report = Report.objects.exclude(document=None).order_by("-created_at").first()
    whole = document.from_json(report.document) if report and report.document else None
    texts = list(document.texts(whole)) if whole else []
    items = _items(run_id)
    skeleton = _skeleton(sheet)
    values = {
        "facts": facts_block(sheet),
        "research": research.quoted(items),
        "previous": report.title if report else "",
        "edition": edition_of(clock.now()),
        "headings": "\n".join(section.title for section in whole.sections) if whole else "",
        **(sections.proven(skeleton) if skeleton else {}),
        "written": "\n\n".join(_readable(text, sheet) for text in texts[:12]),
        "texts": quoted_json({"texts": texts[:4]}),
        "answer": quoted_json(ANSWER),
        "problem": PROBLEM,
    }
    return Sample(values, sheet, items, skeleton)


def question(name: str, tried: InForce, found: Sample) -> Prompt:
    """What a model would be asked with this text of the prompt, and the others as they stand."""
    others = load("system", SHOWN_WITH_SYSTEM)
    asked = SHOWN_WITH_SYSTEM if name == "system" else name
    system = tried.text if name == "system" else others.in_force("system").text
    text = others.in_force(asked).text if name == "system" else tried.text
    place = _place(asked) or SHOWN_WITH_SYSTEM
    values = {**found.values, "proven": found.values.get(sections.proven_key(place), "")}
    return Prompt(
        fill("system", system, found.values),
        fill(asked, text, values),
        _schema(asked),
        MAX_TOKENS,
        search=asked == "search",
        purpose=f"try {name}",
    )


def judge(name: str, answer: Answer, found: Sample) -> Judgement | None:
    """What the check says of the answer to a prompt; None where no place of a report is asked for.

    A section that today's numbers have no place for is not judged either.
    """
    place = _place(SHOWN_WITH_SYSTEM if name in ("system", "correct") else name)
    if not place or found.skeleton is None:
        return None
    if place not in sections.places(found.skeleton, found.items):
        return None
    try:
        filling = sections.filling(place, answer.parsed)
    except DocumentError as error:
        return Judgement(str(error))
    lead = next(state.key for state in found.sheet.indices if state.known)
    if missing := sections.omission(place, filling, lead):
        return Judgement(missing)
    whole = sections.assemble(found.skeleton, {place: filling}, found.items, "vi")
    checked = verification.verify(whole, found.sheet, {place: filling.figures}, found.items, "vi")
    theirs = [item for item in checked if item.section == place]
    failed = [item.to_json() for item in theirs if not item.passed]
    quotable = [research.to_json(item) for item in found.items]
    passed = len(theirs) - len(failed)
    return Judgement("", passed, check_rows(failed, found.sheet, quotable))


def _place(name: str) -> str:
    """The place of a report that a prompt asks for; empty for the other prompts."""
    return name if name in (*sections.FILLED, sections.HEADLINE) else ""


def _schema(place: str) -> Mapping[str, Any] | None:
    """What the answer must look like; None for plain text."""
    if _place(place):
        return sections.schema_of(place)
    return {"correct": sections.SECTION_SCHEMA, "translate": sections.TEXTS_SCHEMA}.get(place)


def models() -> list[str]:
    """The language models that reports ask, in order."""
    names = [name for name in settings.REPORT_WRITERS if name in MODEL_WRITERS]
    return [name for name in names if is_configured(name)]


def ask_model(name: str, prompt: Prompt) -> Tried:
    """Ask, at the day's cost; raises a WriterError."""
    spender = _Counting()
    answer = ask(name, prompt, spender=spender, before_call=_soon())
    calls = ModelCall.objects.filter(pk__in=spender.calls)
    took = calls.aggregate(tokens=Sum("tokens"), cost=Sum("cost"))
    return Tried(name, answer, took["tokens"] or 0, took["cost"] or Decimal(0))


def _soon() -> Callable[[], None]:
    """What forbids a further call once the one who asked has waited long enough."""
    end = time.monotonic() + PATIENCE_SECONDS

    def check() -> None:
        if time.monotonic() > end:
            raise WriterUnavailable("no answer soon enough; it may be asked again")

    return check


def _newest_sheet() -> tuple[facts.FactSheet | None, int | None]:
    """The newest frozen sheet and its run; a report's own where the run's is pruned."""
    steps = Step.objects.filter(name="prepare_data").exclude(output={})
    step = steps.order_by("-finished_at").first()
    report = Report.objects.exclude(facts=None).order_by("-created_at").only("facts").first()
    found: list[tuple[facts.FactSheet, int | None]] = []
    for data, run_id in (
        (step.output if step else None, step.run_id if step else None),
        (report.facts if report else None, None),
    ):
        try:
            found += [(facts.from_json(data), run_id)] if data else []
        except (KeyError, TypeError, ValueError):  # of an older release
            continue
    return max(found, key=lambda item: item[0].now, default=(None, None))


def _skeleton(sheet: facts.FactSheet) -> Document | None:
    """What the rules write on this sheet; None where nothing is known."""
    try:
        return Analyst().write(Brief(sheet, edition_of(clock.now()))).vi
    except WriterError:
        return None


def _items(run_id: int | None) -> list[research.Item]:
    if run_id is None:
        return []
    step = Step.objects.filter(run_id=run_id, name="research", final=True).first()
    items: list[dict[str, Any]] = step.output.get("items", []) if step else []
    return [research.from_json(item) for item in items]


def _readable(text: str, sheet: facts.FactSheet) -> str:
    try:
        return plain_text(text, sheet, "vi")
    except KeyError:  # the sheet is not this report's, and may lack a fact
        return text
