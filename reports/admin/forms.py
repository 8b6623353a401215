"""What people type, checked before it replaces anything."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketsite import clock
from marketsite.model_admin import moment
from reports.models import Report, Schedule
from reports.models.schedule import parse_times, validate_times
from reports.publishing import reasons
from reports.publishing.checks import Row, open_rows
from reports.writing.editing import checked, confirmed

TEXTS = ("title", "summary", "title_en", "summary_en")
SHOWN_SOON = (Report.Status.PUBLISHED, Report.Status.SCHEDULED)


def version_of(report: Report) -> str:
    """Names the state of a report that somebody has read; "" for one that is not stored yet."""
    return report.updated_at.isoformat() if report.pk else ""


class LineField(forms.CharField):
    """One paragraph: composed characters, no line ends, single spaces; no-break spaces stay."""

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        if self.max_length and len(text) > 4 * self.max_length:
            return text  # refused for its length; to compose a long text takes long
        text = unicodedata.normalize("NFC", text)
        return re.sub(r"[ \t\r\n\f\v]+", " ", text)


class ReportForm(forms.ModelForm[Report]):
    """A report's own texts. What somebody else saved in the meantime is never overwritten unseen.

    The form remembers which state it was opened on. When another one is stored by then, nothing is
    saved: the editor's text stays in the form, what is stored stands beside it, and only saving
    again replaces it.

    Figures and directions in a changed text are held against the report's facts. What is not
    proven stands beside its field with the reason; `editor`, whoever may publish, can vouch for it.
    """

    editor: AbstractBaseUser | None = None
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    confirmed = forms.BooleanField(label=_("I have checked these figures myself"), required=False)

    class Meta:
        model = Report
        fields = TEXTS
        field_classes = dict.fromkeys(TEXTS, LineField)
        widgets = {
            "title": AdminTextInputWidget(attrs={"lang": "vi", "data-count": True}),
            "title_en": AdminTextInputWidget(attrs={"lang": "en", "data-count": True}),
            "summary": AdminTextareaWidget(attrs={"lang": "vi", "rows": 4, "data-count": True}),
            "summary_en": AdminTextareaWidget(attrs={"lang": "en", "rows": 4, "data-count": True}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = version_of(self.instance)
        english = bool(self.instance.html_content_en)  # then its page must not lack its texts
        for name in TEXTS:
            if name in self.fields:
                self.fields[name].required = english or not name.endswith("_en")
        self._show(self.instance.verification)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk is None:
            self._check(cleaned)
            return cleaned
        # locked, so that nothing changes between this check and the save
        stored = Report.objects.select_for_update().only(*TEXTS, "updated_at")
        current = stored.get(pk=self.instance.pk)
        if cleaned.get("version") != version_of(current):
            self._refuse(current)
        self._check(cleaned)
        return cleaned

    def _check(self, cleaned: dict[str, Any]) -> None:
        """Hold what was typed against the facts; a public text needs an editor's word for more."""
        typed = {
            name: cleaned[name] for name in self.changed_data if name in TEXTS and name in cleaned
        }
        before = {name: self.initial.get(name, "") for name in typed}
        self.verification = checked(self.instance, before, typed)
        if cleaned.get("confirmed") and self.editor:
            self.verification = confirmed(self.verification, self.editor, clock.now())
        self._show(self.verification)
        if self.instance.status in SHOWN_SOON and open_rows(self.verification):
            text = _(
                "This text is public, or will be without another look, and not all of it is "
                "proven: nothing was saved. Correct it, or confirm that you have checked it."
            )
            self.add_error(None, ValidationError(text, code="unproven"))

    def _show(self, verification: dict[str, Any]) -> None:
        """What is not proven, beside its field."""
        self.unproven = open_rows(verification)
        for name in TEXTS:
            if name in self.fields:
                self[name].help_text = _doubts(open_rows(verification, name))

    def _refuse(self, current: Report) -> None:
        for name in TEXTS:
            text = getattr(current, name)
            if name in self.fields and self.fields[name].has_changed(text, self.data.get(name)):
                error = ValidationError(_("Stored now: %(text)s"), params={"text": text})
                self.add_error(name, error)
        message = _(
            "%(who)s changed this report in the meantime (%(when)s), so nothing was saved. Your "
            "text is still here; where it differs, what is stored now stands above it. Saving "
            "again replaces that."
        )
        params = {"who": self._who(), "when": moment(current.updated_at)}
        self.add_error(None, ValidationError(message, params=params, code="changed"))
        kept = {name: self.data[name] for name in self.data}
        self.data = {**kept, "version": version_of(current)}

    def _who(self) -> str:
        kind = ContentType.objects.get_for_model(Report)
        entries = LogEntry.objects.filter(content_type=kind, object_id=str(self.instance.pk))
        last = entries.select_related("user").first()
        return last.user.get_username() if last else gettext("Somebody")


def _doubts(rows: list[Row]) -> SafeString:
    if not rows:
        return SafeString("")
    listed = format_html_join(
        "",
        "<li><b>{}</b> {}</li>",
        ((row["figure"], reasons.told(row["reason"])) for row in rows),
    )
    return format_html("{}<ul>{}</ul>", gettext("Not proven by the report’s data:"), listed)


class ScheduleForm(forms.ModelForm[Schedule]):
    class Meta:
        model = Schedule
        fields = ("enabled", "interval_hours", "times")

    def clean_times(self) -> str:
        """`8:30;15:10` is stored as `08:30, 15:10`."""
        text: str = self.cleaned_data["times"]
        validate_times(text)
        return ", ".join(f"{time:%H:%M}" for time in parse_times(text))
