"""The last report: the newest that the public may read and that is no note."""

from __future__ import annotations

from django.db.models import Func, JSONField, QuerySet

from reports import facts
from reports.comparison import COMPARED
from reports.facts import FactSheet
from reports.models import Report

MOOD = "fear_greed"


class _Compared(Func):
    """A fact sheet without series, and with no other facts than those that the next one is held
    against: a whole sheet is 100 kB, of which these are a few hundredths.
    """

    template = """
        %(expressions)s || jsonb_build_object(
            'series', '{}'::jsonb,
            'facts', (
                SELECT coalesce(jsonb_object_agg(fact.key, fact.value), '{}')
                FROM jsonb_each(%(expressions)s -> 'facts') AS fact
                WHERE fact.key ~ '[.](%(names)s)$'
            )
        )
    """
    output_field = JSONField()

    def __init__(self, column: str) -> None:
        names = [*(name.removeprefix(".") for name in COMPARED), MOOD]
        super().__init__(column, names="|".join(names))


def real_reports() -> QuerySet[Report]:
    """The public reports without notes, newest first."""
    return Report.objects.published().filter(is_note=False)


def last_report() -> Report | None:
    """The last report; its facts are read when they are asked for."""
    return real_reports().only("title", "published_at").first()


def compared_facts(reports: QuerySet[Report]) -> FactSheet | None:
    """What the next report is held against in the first of these; None where that has no facts."""
    found = reports.values_list(_Compared("facts"), flat=True).first()
    return facts.from_json(found) if found else None
