"""What a model is asked: the prompts of a run, from its facts, its research and what is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from market import formats
from reports import facts
from reports.document import REFERENCE, Document
from reports.facts import FactSheet
from reports.models import Report
from reports.writing import prompts, research, sections
from reports.writing.last import last_report
from reports.writing.prompts.facts import facts_block
from reports.writing.research import Item
from reports.writing.schedule import edition_of
from reports.writing.sections import TEXTS_SCHEMA, schema_of
from reports.writing.steps.job import Job, Output
from reports.writing.writers.base import Brief, Prompt

MAX_TOKENS = 8192  # a section is far shorter, but a model's thinking counts too


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, with the versions of the texts that it is made from."""

    prompt: Prompt
    versions: Mapping[str, str] = field(default_factory=dict)


class Material:
    """What the questions of one part are made from; read once, and gone with the part.

    With the `plan`, the run's skeleton, its prompts are those of the moment at which it was made;
    with the frame in it, the facts are not read again to ask about them.
    """

    def __init__(self, job: Job, plan: Output | None = None) -> None:
        self._job = job
        self._plan = plan or {}

    @cached_property
    def sheet(self) -> FactSheet:
        return facts.from_json(self._job.output("prepare_data"))

    def sheet_of(self, texts: Iterable[str]) -> FactSheet:
        """The sheet without series, and with the facts alone that these texts name."""
        named = {match[1] for text in texts for match in REFERENCE.finditer(text)}
        return facts.from_json(self._job.facts(named))

    @cached_property
    def items(self) -> list[Item]:
        return [research.from_json(item) for item in self._job.output("research")["items"]]

    @cached_property
    def last(self) -> Report | None:
        return last_report()

    @property
    def edition(self) -> str:
        return edition_of(self._job.run.slot)

    @cached_property
    def frame(self) -> dict[str, str]:
        """The texts that stand in every prompt of the run."""
        if given := self._plan.get("frame"):
            return dict(given)
        return {**self._facts(), "research": research.quoted(self.items)}

    def brief(self) -> Brief:
        return Brief(self.sheet, self.edition)

    def fill(self, place: str, written: Document | None = None) -> Question:
        """Ask for the filling of a place; for the headline, with the text as it stands."""
        values = {**self._at(place), "written": _opening_texts(written) if written else ""}
        return self._question(place, values, schema_of(place), f"write {place}")

    def correct(self, place: str, answer: str, problems: Sequence[str]) -> Question:
        """Ask once more for a filling, naming what is wrong with it."""
        problem = "\n".join(f"- {reason}" for reason in problems)
        values = {**self._at(place), "problem": problem, "answer": answer}
        return self._question("correct", values, schema_of(place), f"correct {place}")

    def translate(self, place: str, texts: Sequence[str]) -> Question:
        values = {"texts": prompts.quoted_json({"texts": list(texts)})}
        return self._question("translate", values, TEXTS_SCHEMA, f"translate {place}")

    def search(self) -> Question:
        """Let the model look for news itself; its answer is text, and its pages are what counts."""
        return self._question("search", self._facts(), None, "search")

    def _question(
        self, name: str, values: Mapping[str, str], schema: dict[str, Any] | None, purpose: str
    ) -> Question:
        names, edited = ("system", name), self._plan.get("edited")
        texts = prompts.load(*names) if edited is None else prompts.kept(edited, *names)
        system, text = texts.render("system"), texts.render(name, **values)
        return Question(
            Prompt(system.text, text.text, schema, MAX_TOKENS, name == "search", purpose),
            {"system": system.version, name: text.version},
        )

    def _at(self, place: str) -> dict[str, str]:
        """The frame, with what the rules wrote for this place."""
        return {**self.frame, "proven": self.frame.get(sections.proven_key(place), "")}

    def _facts(self) -> dict[str, str]:
        last = self.last
        when = formats.moment(last.published_at, "vi") if last and last.published_at else ""
        return {
            "facts": facts_block(self.sheet),
            "edition": self.edition,
            "previous": f"{last.title} ({when})" if last else "",
        }


def _opening_texts(written: Document) -> str:
    """The first prose of each section, its references as they stand: nothing is proven yet."""
    found = [sections.prose_of(section)[:1] for section in written.sections]
    return "\n\n".join(text for texts in found for text in texts)
