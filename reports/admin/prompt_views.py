"""Two versions of a prompt side by side, and one of them tried on the newest facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from market import formats
from marketsite.language import page_language
from marketsite.model_admin import moment
from reports.models import PromptVersion
from reports.writing.prompts import InForce
from reports.writing.prompts.difference import difference
from reports.writing.prompts.templates import NAMES
from reports.writing.prompts.versions import FILE, text_of
from reports.writing.writers.base import Prompt, WriterError

if TYPE_CHECKING:
    from reports.writing.prompts.trial import Sample

VERSIONS_OFFERED = 100


def address(view: str, *arguments: Any, **query: Any) -> str:
    """An admin address of this app, with its query: `address("promptversion_diff", name="x")`."""
    path = reverse(f"admin:reports_{view}", args=arguments)
    return f"{path}?{urlencode(query)}" if query else path


class ComparisonViews(admin.ModelAdmin[PromptVersion]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.diff_view)
        return [path("diff/", view, name="reports_promptversion_diff"), *super().get_urls()]

    @method_decorator(require_safe)
    def diff_view(self, request: HttpRequest) -> HttpResponse:
        """`?name=trend&old=file&new=12`; by default from the file to the newest version."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = request.GET.get("name", "")
        if name not in NAMES:
            raise Http404
        versions = list(
            PromptVersion.objects.filter(name=name)
            .select_related("created_by")
            .defer("text")[:VERSIONS_OFFERED]
        )
        newest = str(versions[0].pk) if versions else FILE
        old, new = request.GET.get("old", FILE), request.GET.get("new", newest)
        before, after = _text(name, old), _text(name, new)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Compare versions"),
            "subtitle": name,
            "opts": self.opts,
            "prompt_name": name,
            "versions": versions,
            "old": old.removeprefix("v"),
            "new": new.removeprefix("v"),
            "before": before,
            "after": after,
            "lines": difference(before.text, after.text),
        }
        return TemplateResponse(request, "admin/reports/promptversion/diff.html", context)


class TrialViews(admin.ModelAdmin[PromptVersion]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.trial_view)
        return [path("trial/", view, name="reports_promptversion_trial"), *super().get_urls()]

    def has_try_permission(self, request: HttpRequest) -> bool:
        """Asking a model costs money."""
        return request.user.has_perm("reports.try_prompt")

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def trial_view(self, request: HttpRequest) -> HttpResponse:
        """`?name=trend&version=12`: the prompt filled in; a POST asks the model `writer`."""
        asks = request.method == "POST"
        if not self.has_view_permission(request) or (asks and not self.has_try_permission(request)):
            raise PermissionDenied
        from reports.writing.prompts import trial as trials  # all that a writer needs, and HTTP

        name, version = request.GET.get("name", ""), request.GET.get("version", FILE)
        tried = _text(name, version)
        found = trials.sample()
        prompt = trials.question(name, tried, found) if found else None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Dry run"),
            "subtitle": f"{name} {tried.version}",
            "opts": self.opts,
            "prompt_name": name,
            "tried": tried,
            "sample_made": moment(found.made) if found else "",
            "prompt": prompt,
            "models": trials.models(),
            "may_try": self.has_try_permission(request),
        }
        if asks and prompt and found:
            context |= _answer(request.POST.get("writer", ""), name, prompt, found)
        return TemplateResponse(request, "admin/reports/promptversion/trial.html", context)


def _text(name: str, version: str) -> InForce:
    try:
        return text_of(name, version)
    except KeyError:
        raise Http404 from None


def _answer(writer: str, name: str, prompt: Prompt, found: Sample) -> dict[str, Any]:
    """What the model said, what that took and how it stands the check, or why it said nothing."""
    from reports.writing.prompts import trial as trials

    if writer not in trials.models():
        raise Http404
    try:
        tried = trials.ask_model(writer, prompt)
    except WriterError as error:
        return {"refused": str(error), "writer": writer}
    return {
        "writer": writer,
        "answer": tried.answer,
        "judged": trials.judge(name, tried.answer, found),
        "tokens": formats.number(tried.tokens, 0, page_language()),
        "cost": formats.number(tried.cost, 4, page_language()),
    }
