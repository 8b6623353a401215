"""The prompts in the admin: what is in force, its history, and new versions of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from marketsite import clock
from marketsite.model_admin import NOTHING, ReadOnlyAdmin, badge, moment, staff
from reports.admin.prompt_fields import FAULTS, MEANINGS, PromptTextField
from reports.admin.prompt_views import ComparisonViews, TrialViews, address
from reports.models import PromptVersion, Report
from reports.writing.prompts.templates import NAMES, PLACEHOLDERS, Places, fault_list
from reports.writing.prompts.versions import FILE, put_in_force, text_of

REPORTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt with what is in force for it."""

    name: str
    label: str
    version: PromptVersion | None
    since: str


class PromptForm(forms.ModelForm[PromptVersion]):
    """A new text of one prompt. Whatever is wrong with it, it stays in the form."""

    text = PromptTextField(label=_("Text"), widget=AdminTextareaWidget(attrs={"rows": 28}))
    base = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = PromptVersion
        fields = ("name", "text", "comment")
        widgets = {"name": forms.HiddenInput}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        name, text = cleaned.get("name"), cleaned.get("text")
        if not name or text is None:
            return cleaned
        for fault in fault_list(name, text):
            self.add_error("text", ValidationError(FAULTS[fault.kind] % {"detail": fault.detail}))
        if not self.errors and text == self._base_text(name):
            self.add_error("text", _("Nothing has been changed yet."))
        return cleaned

    def _base_text(self, name: str) -> str | None:
        try:
            return text_of(name, self.data.get("base", "")).text
        except KeyError:
            return None


@admin.register(PromptVersion)
class PromptVersionAdmin(ComparisonViews, TrialViews, ReadOnlyAdmin[PromptVersion]):
    form = PromptForm
    list_display = ("number", "name", "state", "created", "author", "comment")
    list_filter = ("name", "active")
    search_fields = ("text", "comment")
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "admin/reports/promptversion/change_list.html"
    add_form_template = "admin/reports/promptversion/add_form.html"
    change_form_template = "admin/reports/promptversion/change_form.html"
    readonly_fields = ("state", "created", "author", "comment", "reports")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromptVersion]:
        return super().get_queryset(request).select_related("created_by")

    def get_fields(self, request: HttpRequest, obj: PromptVersion | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "base", "text", "comment")
        return ("state", "created", "author", "comment", "reports")

    def get_readonly_fields(
        self, request: HttpRequest, obj: PromptVersion | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    # Columns and fields

    @admin.display(description=_("version"), ordering="pk")
    def number(self, version: PromptVersion) -> str:
        return version.label

    @admin.display(description=_("state"), ordering="active")
    def state(self, version: PromptVersion) -> SafeString | str:
        return badge("published", gettext("in force")) if version.active else NOTHING

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, version: PromptVersion) -> str:
        return moment(version.created_at)

    @admin.display(description=_("created by"))
    def author(self, version: PromptVersion) -> str:
        return version.created_by.get_username() if version.created_by else NOTHING

    @admin.display(description=_("reports written with it"))
    def reports(self, version: PromptVersion) -> SafeString | str:
        """The newest; a report names the version of each prompt that it was written with."""
        used = Report.objects.summaries().filter(prompts__contains={version.name: version.label})
        found = used.order_by("-created_at")[:REPORTS_SHOWN]
        links = [
            format_html('<a href="{}">{}</a>', address("report_change", report.pk), report.headline)
            for report in found
        ]
        return SafeString("<br>".join(links)) or NOTHING

    # Who may do what

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Of a version; changing one is for nobody, it is what reports were written with."""
        return request.user.has_perm("reports.add_promptversion")

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.change_promptversion")

    # Pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.activate_view)
        return [path("activate/", view, name="reports_promptversion_activate"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {
            **(extra_context or {}),
            "title": gettext("Prompts"),
            "prompts": in_force_rows(),
            "may_add": self.has_add_permission(request),
            "may_activate": self.has_activate_permission(request),
        }
        return super().changelist_view(request, extra)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """`?name=trend`, from the text in force; `&from=12` or `&from=file`, from that one."""
        if request.method == "GET" and request.GET.get("name") not in NAMES:
            return redirect("admin:reports_promptversion_changelist")
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        name = request.GET["name"]
        try:
            base = request.GET.get("from") or active_version(name)
            text = text_of(name, base).text
        except KeyError:
            base, text = FILE, text_of(name, FILE).text
        return {"name": name, "base": base, "text": text}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version: PromptVersion | None = kwargs.get("obj")
        name = version.name if version else _named(request)
        places = PLACEHOLDERS.get(name, Places())
        context |= {
            "prompt_name": name,
            "prompt_label": dict(PromptVersion.Name.choices).get(name, name),
            "required": _explained(places.required),
            "optional": _explained(places.optional),
            "may_add": self.has_add_permission(request),
            "may_activate": self.has_activate_permission(request),
            "in_force": active_version(name),
        }
        if version:
            context |= {"title": gettext("Prompt"), "subtitle": f"{name} {version.label}"}
        else:
            context |= {"title": gettext("New version"), "subtitle": context["prompt_label"]}
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving, and what is in force

    def save_model(
        self,
        request: HttpRequest,
        obj: PromptVersion,
        form: ModelForm[PromptVersion],
        change: bool,
    ) -> None:
        obj.created_at, obj.created_by_id = clock.now(), staff(request).pk
        obj.save()

    def response_add(
        self, request: HttpRequest, obj: PromptVersion, post_url_continue: str | None = None
    ) -> HttpResponse:
        base = request.POST.get("base", "")
        if base != (current := active_version(obj.name)):
            text = gettext("Meanwhile somebody put another text in force: compare it with yours.")
            self.message_user(request, text, messages.WARNING)
            return redirect(address("promptversion_diff", name=obj.name, old=current, new=obj.pk))
        if "_activate" in request.POST:
            self._activate(request, obj.name, str(obj.pk))
        else:
            text = gettext("Kept as %(version)s; not in force yet.") % {"version": obj.label}
            self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:reports_promptversion_change", obj.pk)

    @method_decorator(require_POST)
    def activate_view(self, request: HttpRequest) -> HttpResponse:
        """Put a version, or the file, in force (`name=trend&version=12`)."""
        if not self.has_activate_permission(request):
            raise PermissionDenied
        name, version = request.POST.get("name", ""), request.POST.get("version", "")
        try:
            text_of(name, version)
        except KeyError:
            text = gettext("There is no such version.")
            self.message_user(request, text, messages.ERROR)
            return redirect("admin:reports_promptversion_changelist")
        self._activate(request, name, version)
        if version == FILE:
            return redirect("admin:reports_promptversion_changelist")
        return redirect("admin:reports_promptversion_change", version)

    def _activate(self, request: HttpRequest, name: str, version: str) -> None:
        if not self.has_activate_permission(request):
            raise PermissionDenied
        before = PromptVersion.objects.filter(name=name, active=True).first()
        if not put_in_force(name, version):
            text = gettext("It was in force already.")
            self.message_user(request, text, messages.WARNING)
            return
        if version == FILE:
            if before:
                self.log_change(request, before, gettext("Replaced by the file."))
        else:
            chosen = get_object_or_404(PromptVersion, pk=version)
            self.log_change(request, chosen, gettext("Put in force."))
        text = gettext("In force from the next call on: %(prompt)s, %(version)s.")
        shown = {"prompt": name, "version": text_of(name, version).version}
        self.message_user(request, text % shown, messages.SUCCESS)


def _explained(places: Iterable[str]) -> list[tuple[str, Any]]:
    return [(f"${name}", MEANINGS[name]) for name in sorted(places)]


def active_version(name: str) -> str:
    """The number of the version in force, or `file`."""
    found = PromptVersion.objects.filter(name=name, active=True).values_list("pk", flat=True)
    return str(found[0]) if found else FILE


def in_force_rows() -> list[Row]:
    """Every prompt in the order in which a run uses them."""
    active = {
        version.name: version
        for version in PromptVersion.objects.filter(active=True)
        .select_related("created_by")
        .defer("text")
    }
    return [
        Row(value, str(label), active.get(value), _since(active.get(value)))
        for value, label in PromptVersion.Name.choices
    ]


def _since(version: PromptVersion | None) -> str:
    when: datetime | None = version.created_at if version else None
    return moment(when)


def _named(request: HttpRequest) -> str:
    return request.POST.get("name") or request.GET.get("name") or ""
