"""Reports that people wrote: the form takes HTML, cleans it on save, and says what it left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketsite import clock
from reports.admin.forms import TEXTS, ReportForm
from reports.models import Report
from reports.publishing.sanitize import MAX_BYTES, Cleaned, ForeignHtmlError, clean, editable
from reports.slugs import free_slug
from reports.writing.schedule import edition_of

HTML = {"html": ("html_content", "vi"), "html_en": ("html_content_en", "en")}
LANGUAGES = {"html": _("Vietnamese article"), "html_en": _("English article")}
HELP = _(
    "HTML: headings, paragraphs, lists, tables, quotations, links, small images as data: addresses."
    " Scripts, styles, frames and other sites’ images are taken out when you save. A chart stands"
    ' as &lt;!-- CHART_DATA: {"type": "bar", "labels": ["A", "B"], "values": [3, -1]} --&gt;; types'
    " are gauge, line, bar and doughnut."
)
REPORT_FIELDS = ("symbol", "report_type")


class HtmlField(forms.CharField):
    """Markup as it was typed, but for the line ends that browsers send."""

    def __init__(self, language: str, **options: Any) -> None:
        attributes = {"lang": language, "rows": 24, "class": "vLargeTextField source"}
        widget = AdminTextareaWidget(attrs=attributes)
        super().__init__(strip=False, max_length=MAX_BYTES, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


class ArticleForm(ReportForm):
    """Titles as in every report, and the article itself in each language."""

    html = HtmlField("vi", label=_("Article (HTML)"), help_text=HELP)
    html_en = HtmlField("en", label=_("Article (HTML)"), required=False)

    class Meta(ReportForm.Meta):
        fields = (*TEXTS, *REPORT_FIELDS)  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.articles: dict[str, Cleaned] = {}
        for name, (column, _language) in HTML.items():
            if self.instance.pk:
                self.initial[name] = editable(getattr(self.instance, column))
        for name in ("title_en", "summary", "summary_en"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, (_column, language) in HTML.items():
            if name in self.changed_data and name in cleaned:
                self._clean_article(name, cleaned[name], language)
        if cleaned.get("html_en") and not cleaned.get("title_en"):
            self.add_error("title_en", _("The English article needs its title."))
        return cleaned

    def _clean_article(self, name: str, html: str, language: str) -> None:
        try:
            found = clean(html, language)
        except ForeignHtmlError as error:
            self.add_error(name, str(error))
            return
        for fault in found.faults:
            self.add_error(
                name, ValidationError(_("Not saved: %(fault)s"), params={"fault": fault})
            )
        if html.strip() and not found.html:
            self.add_error(name, _("Nothing of this is left that a page may show."))
        self.articles[name] = found


class ArticleViews(admin.ModelAdmin[Report]):
    """What the admin of reports does for those that no run wrote."""

    def is_article(self, request: HttpRequest, report: Report | None) -> bool:
        """Whether the user may edit the article itself in this report's form."""
        if report is None:
            return True
        return report.origin != Report.Origin.WRITER and self.has_change_permission(request, report)

    def get_form(
        self, request: HttpRequest, obj: Report | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if self.is_article(request, obj):
            kwargs["form"] = ArticleForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Report | None = None) -> Any:
        vietnamese, english, about, article = super().get_fieldsets(request, obj)
        if not self.is_article(request, obj):
            return vietnamese, english, about, article
        edited: list[Any] = [
            (_("Vietnamese"), {"fields": ("title", "summary", "html")}),
            (_("English"), {"fields": ("title_en", "summary_en", "html_en")}),
            (_("Filed under"), {"fields": (REPORT_FIELDS,)}),
        ]
        return edited if obj is None else [*edited, about]

    def take_articles(self, request: HttpRequest, report: Report, form: Any) -> list[str]:
        """Put what was cleaned into the report; returns the columns that changed."""
        articles: dict[str, Cleaned] = getattr(form, "articles", {})
        for name, found in articles.items():
            setattr(report, HTML[name][0], found.html)
            if found.removed:
                text = gettext("Taken out of the %(article)s: %(removed)s.") % {
                    "article": LANGUAGES[name],
                    "removed": ", ".join(f"{tag} ×{n}" for tag, n in sorted(found.removed.items())),
                }
                self.message_user(request, text, messages.WARNING)
        return [HTML[name][0] for name in articles]

    def create_article(self, report: Report) -> None:
        """A new report of an editor's, as a draft."""
        now = clock.now()
        report.origin = Report.Origin.EDITOR
        report.edition = edition_of(now)
        report.created_at = now
        report.slug = free_slug(report.title, now)
        report.save()

    def response_add(
        self, request: HttpRequest, obj: Report, post_url_continue: str | None = None
    ) -> HttpResponse:
        super().response_add(request, obj, post_url_continue)  # tells that it was saved
        name = "preview" if "_preview" in request.POST else "change"
        return redirect(f"admin:reports_report_{name}", obj.pk)


def changed_columns(changed: Sequence[str]) -> list[str]:
    """Of the form's changed fields, those that are columns of their own."""
    return [name for name in changed if name in (*TEXTS, *REPORT_FIELDS)]
