"""What models cost: by day, by run, and call by call. Read only."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from market import formats
from marketsite.language import page_language
from marketsite.model_admin import NOTHING, ReadOnlyAdmin, badge, moment
from reports.admin.prompt_views import address
from reports.models import DayBudget, ModelCall, RunBudget
from reports.models.budget import Budget
from reports.publishing.check_reasons import WORDS
from reports.writing.budget import share_of_day

Sum = TypeVar("Sum", bound=Budget)
FULL = 100
BADGES = {
    ModelCall.State.OPEN: "waiting",
    ModelCall.State.ANSWERED: "done",
    ModelCall.State.ESTIMATED: "simulated",
    ModelCall.State.FREE: "failed",
}


class BudgetAdmin(ReadOnlyAdmin[Sum]):
    """Columns that days and runs share."""

    show_full_result_count = False

    @admin.display(description=_("tokens"), ordering="tokens")
    def tokens_counted(self, row: Sum) -> str:
        return whole(row.tokens)

    @admin.display(description=_("prompt, output, thinking"))
    def kinds(self, row: Sum) -> str:
        parts = (row.prompt_tokens, row.output_tokens, row.thinking_tokens)
        return " + ".join(whole(part) for part in parts)

    @admin.display(description=_("cost"), ordering="cost")
    def cost_counted(self, row: Sum) -> str:
        return dollars(row.cost)


@admin.register(DayBudget)
class DayBudgetAdmin(BudgetAdmin[DayBudget]):
    list_display = ("day_written", "cost_counted", "share", "calls", "tokens_counted", "kinds")
    date_hierarchy = "day"
    fields = (("day_written", "calls"), ("tokens_counted", "kinds"), ("cost_counted", "share"))

    @admin.display(description=_("day"), ordering="day")
    def day_written(self, row: DayBudget) -> str:
        return formats.day(row.day, page_language())

    @admin.display(description=_("of the day’s cap"))
    def share(self, row: DayBudget) -> SafeString:
        return bar(share_of_day(row.cost), dollars(settings.REPORT_MAX_COST_PER_DAY, 2))


@admin.register(RunBudget)
class RunBudgetAdmin(BudgetAdmin[RunBudget]):
    list_display = ("run_slot", "cost_counted", "calls_made", "tokens_counted", "share", "kinds")
    fields = (("run_slot", "calls_made"), ("tokens_counted", "kinds"), ("share", "cost_counted"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunBudget]:
        return super().get_queryset(request).select_related("run")

    @admin.display(description=_("run"), ordering="run__slot")
    def run_slot(self, row: RunBudget) -> SafeString:
        url = address("run_change", row.run_id)
        return format_html('<a href="{}">{}</a>', url, moment(row.run.slot))

    @admin.display(description=_("calls"), ordering="calls")
    def calls_made(self, row: RunBudget) -> str:
        return f"{row.calls}/{settings.REPORT_MAX_CALLS_PER_RUN}"

    @admin.display(description=_("of the run’s tokens"))
    def share(self, row: RunBudget) -> SafeString:
        cap = settings.REPORT_MAX_TOKENS_PER_RUN
        return bar(row.tokens * FULL // cap, whole(cap))


GOALS = {
    "write": pgettext_lazy("of a model call", "write"),
    "correct": pgettext_lazy("of a model call", "correct"),
    "translate": pgettext_lazy("of a model call", "translate"),
    "try": pgettext_lazy("of a model call", "dry run"),
    "search": pgettext_lazy("of a model call", "search"),
}


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnlyAdmin[ModelCall]):
    list_display = ("asked", "run_slot", "writer", "model", "goal", "ended", "size", "price")
    list_filter = ("state", "writer", "model")
    search_fields = ("purpose", "run__public_id")
    date_hierarchy = "asked_at"
    show_full_result_count = False
    fields = (
        ("asked", "settled", "run_slot"),
        ("writer", "model", "goal", "searched"),
        ("ended", "size", "price"),
        ("prompt_tokens", "output_tokens", "thinking_tokens"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelCall]:
        return super().get_queryset(request).select_related("run")

    @admin.display(description=_("asked"), ordering="asked_at")
    def asked(self, call: ModelCall) -> str:
        return moment(call.asked_at)

    @admin.display(description=_("settled"))
    def settled(self, call: ModelCall) -> str:
        return moment(call.settled_at)

    @admin.display(description=_("run"))
    def run_slot(self, call: ModelCall) -> SafeString | str:
        if call.run is None:
            return NOTHING
        return format_html(
            '<a href="{}">{}</a>', address("run_change", call.run_id), moment(call.run.slot)
        )

    @admin.display(description=_("purpose"), ordering="purpose")
    def goal(self, call: ModelCall) -> str:
        """What was asked for: a verb and, for most, the place of a report."""
        verb, _space, place = call.purpose.partition(" ")
        said = str(GOALS.get(verb, verb))
        return f"{said}: {WORDS.get(place, place)}" if place else said or NOTHING

    @admin.display(description=_("state"), ordering="state")
    def ended(self, call: ModelCall) -> SafeString:
        return badge(BADGES[ModelCall.State(call.state)], call.get_state_display())

    @admin.display(description=_("tokens"), ordering="tokens")
    def size(self, call: ModelCall) -> str:
        return whole(call.tokens)

    @admin.display(description=_("cost"), ordering="cost")
    def price(self, call: ModelCall) -> str:
        return dollars(call.cost)


def bar(percent: int, cap: str) -> SafeString:
    """A share of a cap as a bar with its number beside it."""
    return format_html(
        '<span class="share"><meter min="0" max="100" high="80" optimum="0" value="{}" '
        'aria-hidden="true"></meter> {}% / {}</span>',
        min(percent, FULL),
        percent,
        cap,
    )


def whole(value: int) -> str:
    return formats.number(value, 0, page_language())


def dollars(value: Decimal, places: int = 4) -> str:
    """`0,1234 USD`, `$0.1234`: calls cost parts of a cent."""
    amount = formats.number(value, places, page_language())
    return f"{amount}{formats.NBSP}USD" if page_language() == "vi" else f"${amount}"
