"""Reports in the admin: what their lists and forms show, and who may do what."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketsite.model_admin import NOTHING, badge, moment, staff
from reports import doorbell
from reports.admin.article import ArticleViews, changed_columns
from reports.admin.filters import Kind, OpenPoint
from reports.admin.forms import SHOWN_SOON, TEXTS, ReportForm, version_of
from reports.admin.preview import PreviewViews
from reports.admin.publication import PublicationViews
from reports.admin.review import review_of
from reports.admin.scheduling import SchedulingViews
from reports.admin.text import TextViews
from reports.models import Report
from reports.publishing.checks import Row, open_rows, proven

ABOUT = (
    ("state", "published", "reviewer"),
    ("edition", "data_time", "written_by"),
    ("run_link", "created"),
    ("figures", "source_names", "address"),
    ("prompt_versions",),
)
ARTICLE = ("article", "article_en")


@admin.register(Report)
class ReportAdmin(ArticleViews, PublicationViews, SchedulingViews, TextViews, PreviewViews):
    form = ReportForm
    list_display = (
        "headline",
        "state",
        "edition",
        "data_time",
        "published",
        "figures",
    )
    list_filter = (OpenPoint, "status", Kind, "writer", "edition", "origin", "simulated")
    search_fields = ("title", "title_en", "summary", "summary_en", "slug")
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    actions = ("publish_selected", "withdraw_selected", "delete_selected")
    fieldsets = (
        (_("Vietnamese"), {"fields": ("title", "summary")}),
        (_("English"), {"fields": ("title_en", "summary_en")}),
        (_("About this report"), {"fields": ABOUT}),
        (
            _("Article (made from the document, read only)"),
            {"fields": ARTICLE, "classes": ("collapse",)},
        ),
    )
    readonly_fields = (*(name for row in ABOUT for name in row), *ARTICLE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return Report.objects.summaries().select_related("reviewed_by")

    # Columns and read-only fields

    @admin.display(description=_("title"), ordering="title")
    def headline(self, report: Report) -> str:
        return report.headline

    @admin.display(description=_("status"), ordering="status")
    def state(self, report: Report) -> SafeString:
        return badge(report.status, report.get_status_display())

    @admin.display(description=_("data time"), ordering="data_as_of")
    def data_time(self, report: Report) -> SafeString | str:
        when = moment(report.data_as_of)
        mark = badge("simulated", gettext("simulated"))
        return format_html("{} {}", when, mark) if report.simulated else when

    @admin.display(description=_("published"), ordering="published_at")
    def published(self, report: Report) -> str:
        return moment(report.published_at)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, report: Report) -> str:
        return moment(report.created_at)

    @admin.display(description=_("reviewed by"))
    def reviewer(self, report: Report) -> str:
        return report.reviewed_by.get_username() if report.reviewed_by else NOTHING

    @admin.display(description=_("figures"))
    def figures(self, report: Report) -> str:
        """How many of the figures, directions and claims in its Vietnamese text are proven."""
        matched, figures = proven(report.verification, "vi")
        return f"{matched}/{figures}" if figures else NOTHING

    @admin.display(description=_("writer"), ordering="writer")
    def written_by(self, report: Report) -> str:
        if report.writer == "analyst":
            return gettext("rules")
        return report.writer or str(report.get_origin_display())

    @admin.display(description=_("sources"))
    def source_names(self, report: Report) -> str:
        return ", ".join(str(name) for name in report.sources) or NOTHING

    @admin.display(description=_("address"))
    def address(self, report: Report) -> SafeString | str:
        url = report.get_absolute_url()
        return format_html('<a href="{}">{}</a>', url, url) if report.is_public else url

    @admin.display(description=_("run"))
    def run_link(self, report: Report) -> SafeString | str:
        run = getattr(report, "run", None)
        if run is None:
            return NOTHING
        url = reverse("admin:reports_run_change", args=[run.pk])
        return format_html('<a href="{}">{}</a>', url, moment(run.slot))

    @admin.display(description=_("prompts"))
    def prompt_versions(self, report: Report) -> SafeString | str:
        """Which version of which prompt wrote it; the file's own text has no page."""
        parts = [
            format_html('<a href="{}">{} {}</a>', _version_page(version), name, version)
            for name, version in sorted(report.prompts.items())
            if version.startswith("v")
        ]
        if len(parts) < len(report.prompts):
            parts.append(escape(gettext("the files")))
        return format_html_join(", ", "{}", ((part,) for part in parts)) or NOTHING

    @admin.display(description=_("Vietnamese"))
    def article(self, report: Report) -> SafeString:
        return _source(report.html_content, "vi")

    @admin.display(description=_("English"))
    def article_en(self, report: Report) -> SafeString:
        return _source(report.html_content_en, "en")

    # Who may do what

    def has_change_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        """A public report's text is published by whoever changes it, a scheduled one's soon."""
        if (
            obj is not None
            and obj.status in SHOWN_SOON
            and not self.has_publish_permission(request)
        ):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        """What is public must be withdrawn first."""
        if obj is not None and obj.is_public:
            return False
        return super().has_delete_permission(request, obj)

    # The form

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[ReportForm]:
        """A class of this request alone, which knows whose word it may take."""
        form = cast("type[ReportForm]", super().get_form(request, *args, **kwargs))
        form.editor = staff(request) if self.has_publish_permission(request) else None
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        report: Report | None = kwargs.get("obj")
        if report is not None:
            allowed = self.has_publish_permission(request)
            context |= {
                "subtitle": report.headline,
                "may_publish": allowed and not report.is_public,
                "may_withdraw": allowed and report.is_public,
                "version": version_of(report),
                "review": review_of(report),
                "open_rows": open_rows(report.verification),
                "shown_rows": _without_field(report, self.has_change_permission(request, report)),
                "may_vouch": allowed,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Report, form: ModelForm[Report], change: bool
    ) -> None:
        """Write what was changed and nothing else: the article is large, the status moves alone."""
        changed = changed_columns(form.changed_data) + self.take_articles(request, obj, form)
        if not change:
            self.create_article(obj)
            return
        stored = obj.verification
        if form.verification != stored:  # type: ignore[attr-defined]
            obj.verification = form.verification  # type: ignore[attr-defined]
            changed.append("verification")
        if changed:
            obj.save(update_fields=[*changed, "updated_at"])
            if obj.is_public and {"title", "title_en"} & {*changed}:
                transaction.on_commit(partial(doorbell.ring_for_cards, obj.pk), robust=True)
        self.tell_of_proof(request, obj, stored)

    def response_change(self, request: HttpRequest, obj: Report) -> HttpResponse:
        if "_preview" in request.POST:
            return redirect("admin:reports_report_preview", obj.pk)
        if "_publish" in request.POST:
            self.publish_one(request, obj)
            return redirect("admin:reports_report_change", obj.pk)
        return super().response_change(request, obj)


def _without_field(report: Report, editable: bool) -> list[Row]:
    """What is not proven and stands beside no field of the form; all of it where none is there."""
    rows = open_rows(report.verification)
    beside = [row for name in TEXTS for row in open_rows(report.verification, name)]
    return [row for row in rows if row not in beside] if editable else rows


def _version_page(version: str) -> str:
    return reverse("admin:reports_promptversion_change", args=[version[1:]])


def _source(html: str, language: str) -> SafeString:
    """Markup to be read, not rendered: the preview shows what it looks like."""
    return format_html('<pre class="source" lang="{}" tabindex="0">{}</pre>', language, html)
