"""How often the verifier misses a false figure, and how often it doubts a true one.

    .venv/bin/python -m bench.verification            (minutes; load is irrelevant)
    .venv/bin/python -m bench.verification --tuning   (every error; the held-out set is not read)

Three parts. The labelled set (`bench/verification/*.txt`): sentences in both languages, true and
subtly false, which the rules were tuned on. The held-out set (`heldout.txt`, when it is there):
sentences of which none was read while the rules were made; its first lines say when it was
measured. The mutants: 50 reports of the offline analyst over real sessions, each text changed in
one thing, with references as a writer sends them and written out as an editor does; they were read
while tuning. A miss is a false text that passes; a false alarm is a true figure, direction or claim
that fails. The intervals are Wilson's, of 95 %. Writes `bench/results/verification.txt`; the exit
code is 1 when a false sentence of the labelled set passes, or over 2 % of what is true in the
reports fails.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from bench.verification_labels import TUNED_ON, Labelled, held_out, labelled
from bench.verification_mutants import mutants, written
from bench.verification_reports import REPORTS, Report, reports
from reports.writing.verification import Checked, verify, verify_text

RESULTS = Path(__file__).parent / "results"
MOST_FALSE_ALARMS = 0.02
SHOWN = 12
LANGUAGES = ("vi", "en")
BY_KIND: Callable[[Labelled], str] = attrgetter("kind")
BY_FILE: Callable[[Labelled], str] = attrgetter("source")
BY_LANGUAGE: Callable[[Labelled], str] = attrgetter("language")


@dataclass
class Rate:
    """Wrong outcomes among trials, and the first of them."""

    trials: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, is_wrong: bool, example: str = "") -> None:
        self.trials += 1
        if is_wrong:
            self.wrong += 1
            if len(self.examples) < SHOWN:
                self.examples.append(example)

    @property
    def share(self) -> float:
        return self.wrong / self.trials if self.trials else 0.0

    def __str__(self) -> str:
        low, high = wilson(self.wrong, self.trials)
        return f"{self.wrong:5} of {self.trials:5}  {self.share:7.2%}  [{low:.2%}, {high:.2%}]"


@dataclass
class Outcome:
    """Rates by kind: `misses` of what is false, `alarms` of what is true."""

    misses: dict[str, Rate] = field(default_factory=dict)
    alarms: dict[str, Rate] = field(default_factory=dict)

    def miss(self, kind: str) -> Rate:
        return self.misses.setdefault(kind, Rate())

    def alarm(self, kind: str) -> Rate:
        return self.alarms.setdefault(kind, Rate())


def wilson(wrong: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval (1927), which holds for rates near zero as well."""
    if not trials:
        return 0.0, 1.0
    share = wrong / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def judged(items: Iterable[Labelled], by: Callable[[Labelled], str] = BY_KIND) -> Outcome:
    """How the labelled sentences were judged, by kind or by what else tells them apart."""
    found = Outcome()
    for item in items:
        name = by(item)
        rate = found.alarm(name) if item.true else found.miss(name)
        for text, right in item.verdicts():
            rate.add(not right, f"{item.language} {text}")
    return found


def changed(count: int = REPORTS) -> Outcome:
    """Mutants of reports, and the reports themselves, as written and written out."""
    found = Outcome()
    for number, report in enumerate(reports(count)):
        for language in LANGUAGES:
            for checked in unchanged(report, language):
                rate = found.alarm(f"{checked.kind}, {language}")
                rate.add(not checked.passed, f"{checked.reason} {checked.sentence}")
            for item in mutants(report, language, random.Random(number)):  # noqa: S311
                checks = verify_text(
                    item.text, item.sheet, [], [], language, item.section, item.editor
                )
                missed = all(check.passed for check in checks)
                found.miss(f"{item.kind}, {language}").add(missed, item.text)
    return found


def unchanged(report: Report, language: str) -> Iterable[Checked]:
    document = report.draft.vi if language == "vi" else report.draft.en
    yield from verify(document, report.sheet, {}, [], language)
    for section, text in report.prose(language):
        said = written(text, report.sheet, language)
        yield from verify_text(said, report.sheet, [], [], language, section, editor=True)


def table(title: str, rates: dict[str, Rate]) -> list[str]:
    """Rows by kind and their sum."""
    lines = [title, f"{'':28}{'wrong':>5}    {'all':>5}  {'share':>7}  95 % interval"]
    lines += [f"  {kind:24}  {rate}" for kind, rate in sorted(rates.items())]
    whole = total(rates.values())
    lines += [f"  {'together':24}  {whole}", ""]
    return lines


def total(rates: Iterable[Rate]) -> Rate:
    kept = list(rates)
    examples = [example for rate in kept for example in rate.examples]
    return Rate(sum(r.trials for r in kept), sum(r.wrong for r in kept), examples)


def tuning() -> int:
    """Every error that may be read while tuning; nothing of the held-out set is judged."""
    tuned, reported = judged(labelled()), changed()
    wrong = [*total(tuned.misses.values()).examples, *total(reported.misses.values()).examples]
    doubted = [*total(tuned.alarms.values()).examples, *total(reported.alarms.values()).examples]
    lines = [f"Missed: {example}" for example in wrong]
    lines += [f"Doubted: {example}" for example in doubted]
    for name, found in (("labelled", tuned), ("mutants and reports", reported)):
        for what, rates in (("misses", found.misses), ("false alarms", found.alarms)):
            lines.append(f"{name}, {what}: {total(rates.values())}")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(wrong or doubted))


def main() -> int:
    day, unseen = held_out()
    tuned, reported = judged(labelled()), changed()
    parts = [
        (f"Labelled set, tuned on ({', '.join(TUNED_ON)}), by file", judged(labelled(), BY_FILE)),
        ("Labelled set, tuned on, by kind", tuned),
    ]
    if unseen:
        once = f"Held-out set, none of it read while tuning, measured on {day}"
        parts += [
            (f"{once}, by language", judged(unseen, BY_LANGUAGE)),
            (f"{once}, by kind", judged(unseen)),
        ]
    lines = ["Misses and false alarms of the verifier (load on the machine is irrelevant).", ""]
    for name, part in parts:
        lines += table(f"{name}: misses (false sentences that pass)", part.misses)
        lines += table(f"{name}: false alarms (true sentences)", part.alarms)
    lines += table(f"Mutants of {REPORTS} reports: misses", reported.misses)
    lines += table(f"{REPORTS} reports unchanged: false alarms, by check", reported.alarms)
    for name, rates in (("Missed", reported.misses), ("Doubted", reported.alarms)):
        lines += [f"{name}: {example}" for example in total(rates.values()).examples[:SHOWN]]
    text = "\n".join(lines) + "\n"
    RESULTS.joinpath("verification.txt").write_text(text)
    sys.stdout.write(text)
    missed = total(tuned.misses.values()).wrong
    doubted = total(reported.alarms.values()).share
    return int(missed > 0 or doubted > MOST_FALSE_ALARMS)


if __name__ == "__main__":
    sys.exit(tuning() if "--tuning" in sys.argv[1:] else main())
