"""API tokens: issued in one's own name, shown once, watched and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from marketsite import clock
from marketsite.model_admin import NOTHING, badge, moment, staff
from reports import tokens
from reports.models import ApiToken

LIFETIMES = (
    (30, _("30 days")),
    (90, _("90 days")),
    (365, _("a year")),
    (0, _("until it is revoked")),
)


class ApiTokenForm(forms.ModelForm[ApiToken]):
    scopes = forms.MultipleChoiceField(
        label=_("may"), choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(label=_("valid for"), choices=LIFETIMES, coerce=int, initial=90)

    class Meta:
        model = ApiToken
        fields = ("name", "scopes")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    form = ApiTokenForm
    actions = None
    list_display = ("name", "owner", "may", "state", "last_use", "end")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    fields = ("name", "owner", "may", "state", "created", "last_use", "end")

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj else ("name", "scopes", "days")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).defer("digest")

    # Columns and fields

    @admin.display(description=_("may"))
    def may(self, token: ApiToken) -> str:
        labels = {scope.value: str(scope.label) for scope in ApiToken.Scope}
        return "; ".join(labels.get(scope, scope) for scope in token.scopes) or NOTHING

    @admin.display(description=_("state"))
    def state(self, token: ApiToken) -> SafeString:
        if token.revoked_at:
            return badge("archived", gettext("revoked"))
        if token.expires_at and token.expires_at <= clock.now():
            return badge("archived", gettext("expired"))
        return badge("done", gettext("valid"))

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, token: ApiToken) -> str:
        return moment(token.created_at)

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_use(self, token: ApiToken) -> str:
        return moment(token.last_used_at)

    @admin.display(description=_("expires"), ordering="expires_at")
    def end(self, token: ApiToken) -> str:
        return moment(token.revoked_at or token.expires_at)

    # Who may do what

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A revoked token stays, so that its use can be looked up."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.change_apitoken")

    # Issuing and revoking

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revoke_view)
        own = path("<int:pk>/revoke/", view, name="reports_apitoken_revoke")
        return [own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Issue it to whoever asks: a token in another's name would be that user's power."""
        days = form.cleaned_data["days"]
        ends = clock.now() + timedelta(days=days) if days else None
        token, text = tokens.issue(staff(request), obj.name, obj.scopes, ends)
        obj.pk = token.pk
        request.issued = text  # type: ignore[attr-defined]

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(request, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The token in this answer and nowhere else: no message, no session, no address."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The new token"),
            "opts": self.opts,
            "token": obj,
            "text": request.issued,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/reports/apitoken/issued.html", context)

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        token = get_object_or_404(ApiToken, pk=pk)
        if tokens.revoke(token, staff(request)):
            self.log_change(request, token, gettext("Revoked."))
            self.message_user(request, gettext("The token opens nothing more."), messages.SUCCESS)
        return redirect("admin:reports_apitoken_change", pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        token: ApiToken | None = kwargs.get("obj")
        may_revoke = token is not None and not token.revoked_at
        context |= {
            "may_revoke": may_revoke and self.has_revoke_permission(request),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, *args, **kwargs)
