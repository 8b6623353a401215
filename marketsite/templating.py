"""Django's templates, which let go of what a page was made of as soon as it is made.

A context and the layers in it refer to each other: Django's own keep the view's values, such as a
report with all its columns, until the garbage collector's rarest round, several pages' at a time.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.backends import django
from django.template.context import make_context
from django.utils.safestring import SafeString


class Template(django.Template):
    def render(
        self, context: dict[str, Any] | None = None, request: HttpRequest | None = None
    ) -> SafeString:
        """As Django's own; the context is empty afterwards, unless it is wanted for an error."""
        made = make_context(context, request, autoescape=self.backend.engine.autoescape)
        try:
            text = self.template.render(made)
        except TemplateDoesNotExist as error:
            django.reraise(error, self.backend)
        made.dicts.clear()
        return text


class Templates(django.DjangoTemplates):
    def from_string(self, template_code: str) -> Template:
        return Template(super().from_string(template_code).template, self)

    def get_template(self, template_name: str) -> Template:
        return Template(super().get_template(template_name).template, self)
