"""The prose of a report that waits for review, text by text: what a model wrote, put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from reports import document, facts
from reports.admin.forms import LineField, version_of
from reports.document import LONGEST_TEXT, Document
from reports.facts import FactSheet
from reports.models import Report
from reports.publishing.checks import open_rows
from reports.publishing.passages import Passage, passages, replaced, unknown
from reports.publishing.render import plain_text, render_article
from reports.writing.editing import checked_body

# Under which name its checks are kept, and where the document and the article stand
FIELDS = {
    "vi": ("body", "document", "html_content"),
    "en": ("body_en", "document_en", "html_content_en"),
}
ROWS, LETTERS_IN_A_ROW = 2, 110


class TextForm(forms.Form):
    """One field for each text of the document, in one language; an emptied one goes."""

    def __init__(self, text: Document, sheet: FactSheet, language: str, data: Any) -> None:
        super().__init__(data, prefix=language)
        self.document, self.sheet, self.language = text, sheet, language
        counted = Counter[str]()
        for passage in passages(text):
            counted[passage.heading] += 1
            self.fields[passage.place] = self._field(passage, counted[passage.heading])

    @property
    def texts(self) -> list[str]:
        return [passage.text for passage in passages(self.document)]

    @property
    def headings(self) -> list[str]:
        """The sections in which something was changed."""
        changed = {item.place: item.heading for item in passages(self.document)}
        found = dict.fromkeys(changed[name] for name in self.changed_data)
        return [plain_text(heading, self.sheet, self.language) for heading in found]

    @property
    def edited(self) -> Document:
        """The document as it was typed; raises DocumentError for one that is none any more."""
        typed = {name: self.cleaned_data[name] for name in self.changed_data}
        return document.from_json(document.to_json(replaced(self.document, typed)))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.changed_data:
            if names := unknown(cleaned.get(name, ""), self.document, self.sheet):
                message = _("The report does not have this: %(names)s")
                params = {"names": ", ".join(dict.fromkeys(names))}
                self.add_error(name, ValidationError(message, params=params))
        if not self.errors and not replaced(self.document, cleaned).sections:
            self.add_error(None, ValidationError(_("Nothing of the text would be left.")))
        return cleaned

    def _field(self, passage: Passage, number: int) -> LineField:
        rows = max(ROWS, len(passage.text) // LETTERS_IN_A_ROW + 1)
        return LineField(
            label=f"{plain_text(passage.heading, self.sheet, self.language)} {number}",
            initial=passage.text,
            required=False,
            max_length=LONGEST_TEXT,
            widget=AdminTextareaWidget(attrs={"lang": self.language, "rows": rows}),
        )


class TextViews(admin.ModelAdmin[Report]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.text_view)
        return [path("<int:pk>/text/", view, name="reports_report_text"), *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    @method_decorator(transaction.atomic)
    def text_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Both languages' texts; a POST checks, renders and stores what was changed."""
        rows = Report.objects.select_for_update(of=("self",))
        report = get_object_or_404(rows, pk=pk, status=Report.Status.REVIEW)
        if not self.has_change_permission(request, report):
            raise PermissionDenied
        forms_of = list(_forms(report, request.POST if request.method == "POST" else None))
        if not forms_of:
            raise Http404
        if request.method == "POST":
            read = request.POST.get("version") == version_of(report)
            if not read:
                text = gettext("Somebody changed this report in the meantime: read it again first.")
                self.message_user(request, text, messages.ERROR)
            elif sum(not form.is_valid() for form in forms_of) == 0:  # each tells its faults
                self._store(request, report, forms_of)
                return redirect("admin:reports_report_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Edit the text"),
            "subtitle": report.headline,
            "opts": self.opts,
            "original": report,
            "forms": forms_of,
            "version": request.POST.get("version") or version_of(report),
        }
        return TemplateResponse(request, "admin/reports/report/text.html", context)

    def _store(self, request: HttpRequest, report: Report, forms_of: list[TextForm]) -> None:
        changed, columns = [form for form in forms_of if form.has_changed()], ["verification"]
        for form in changed:
            field, text, article = FIELDS[form.language]
            edited = form.edited
            after = [passage.text for passage in passages(edited)]
            report.verification = checked_body(report, field, form.texts, after)
            setattr(report, text, document.to_json(edited))
            setattr(report, article, render_article(edited, form.sheet, form.language))
            columns += [text, article]
            where = {"language": form.language, "sections": ", ".join(form.headings)}
            told = gettext("Text changed (%(language)s): %(sections)s.") % where
            self.log_change(request, report, told)
        if changed:
            report.save(update_fields=[*columns, "updated_at"])
        if open_rows(report.verification):
            text = gettext("Saved. Not all that was typed is proven: see the review below.")
            self.message_user(request, text, messages.WARNING)
        elif changed:
            self.message_user(request, gettext("The text is saved."), messages.SUCCESS)


def _forms(report: Report, data: Any) -> Iterator[TextForm]:
    """A form for each language that the report's document has; none for one without any."""
    if not report.facts or report.document is None:
        return
    sheet = facts.from_json(report.facts)
    for language, (_field, text, _article) in FIELDS.items():
        if stored := getattr(report, text):
            yield TextForm(document.from_json(stored), sheet, language, data)
