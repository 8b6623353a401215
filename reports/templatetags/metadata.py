"""What the head of a page needs beyond its own context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from reports.models import Report
from reports.publishing import metadata

register = template.Library()

LOCALES = {"vi": "vi_VN", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Head:
    """`image` is an absolute address, `blocks` are structured data as `<script>` elements."""

    image: str
    locale: str
    blocks: list[SafeString]


@register.simple_tag(takes_context=True)
def page_head(context: Context) -> Head:
    """For a report (`report` and `page` in the context), the home page, or any other page."""
    report: Report | None = context.get("report")
    language = "vi" if context.get("untranslated") else get_language() or "vi"
    blocks: list[dict[str, Any]] = []
    if report and report.is_public:
        page, url = context["page"], context["canonical_url"]
        blocks = [metadata.article(page, url), metadata.breadcrumbs(report, url)]
    elif _view(context) == "home":
        blocks = [metadata.site()]
    return Head(
        image=metadata.card_url(report, language),
        locale=LOCALES[language],
        blocks=[metadata.script(block) for block in blocks],
    )


@register.tag
def capture(parser: Parser, token: Token) -> CaptureNode:
    """`{% capture name %}…{% endcapture %}`: what a block of the page holds, to be shown twice."""
    _, name = token.split_contents()
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return CaptureNode(nodelist, name)


class CaptureNode(template.Node):
    def __init__(self, nodelist: NodeList, name: str) -> None:
        self.nodelist, self._name = nodelist, name

    def render(self, context: Context) -> SafeString:
        context[self._name] = mark_safe(self.nodelist.render(context).strip())  # noqa: S308
        return SafeString("")


def _view(context: Context) -> str:
    match = getattr(context.get("request"), "resolver_match", None)
    return match.view_name if match else ""
