"""Reasons in a reader's language: why a figure failed its check, why a writer was left.

They are stored in English, as the code that knows them said them, and translated when shown: an
older report's as well as today's. What no sentence here fits stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _

from market import formats
from market.reasons import told as told_of_sources
from marketsite.language import page_language
from reports.publishing import labels
from reports.publishing.check_reasons import SENTENCES, WORDS

# Of runs and of those who write in them; the first that fits counts.
NOTES = (
    _("cut: %(quote)s (%(reason)s)"),
    _("Nothing new since the last report."),
    _("the process stopped without finishing, too many times"),
    _("no index has a known price: %(sources)s"),
    _("no writer is configured"),
    _("no writer is left"),
    _("no model is left"),
    _("%(writer)s, correction of %(place)s: %(error)s"),
    _("%(writer)s, translation of %(place)s: %(error)s"),
    _("%(writer)s, %(place)s: %(error)s"),
    _("search: %(error)s"),
    _("rests until its probe is back (%(error)s)"),
    _("rests until %(when)s (%(error)s)"),
    _("has no key"),
    _("has a key that no header can hold"),
    _("cannot search"),
    _("may not search: GEMINI_SEARCH_GROUNDING is off"),
    _("gave an answer that does not pass the check"),
    _("gave no answer"),
    _("refused to answer"),
    _("blocked the prompt (%(code)s)"),
    _("stopped early (%(code)s)"),
    _("answered with no text"),
    _("answered with control characters"),
    _("answered with more than may be read"),
    _("answered with something that is not JSON"),
    _("answered with text that is not JSON"),
    _("answered with text that %(detail)s"),
    _("answered with JSON that does not fit: %(detail)s"),
    _("answered with a web page in place of data"),
    _("broke off at the limit of length: answer more briefly"),
    _("answered with status %(status)s"),
    _("has no balance left, status %(status)s"),
    _("has no quota left today, status %(status)s"),
    _("limits the calls per minute, status %(status)s"),
    _("redirects elsewhere, status %(status)s: check its base address"),
    _("refuses the key, status %(status)s"),
    _("refuses the request, status %(status)s"),
    _("does not know the model %(model)s at its address, status %(status)s"),
    _("does not know all of the request"),
    _("timed out"),
    _("cut the connection"),
    _("connection failed"),
    _("name cannot be resolved"),
    _("failed the TLS check"),
    _("this run has made its %(n)s calls to models (REPORT_MAX_CALLS_PER_RUN)"),
    _(
        "this run's cap of %(cap)s tokens is reached: %(spent)s are counted, and the next "
        "call may take %(more)s (REPORT_MAX_TOKENS_PER_RUN)"
    ),
    _(
        "the cap of %(cap)s USD a day is reached: %(spent)s USD are counted for %(day)s, and "
        "the next call may cost %(more)s USD (REPORT_MAX_COST_PER_DAY)"
    ),
)
_PLACE = re.compile(r"%\((\w+)\)s|%%")
_FORMS = {
    "code": r"\w+",
    "n": r"[\d,]+",
    "place": r"[a-z-]+",
    "quote": r".+",
    "status": r"\d+(?: \([\w, ]+\))?",
    "value": r"\S*",
    "writer": r"[a-z0-9_]+",
}
_OF_A_CHECK = re.compile(r"“(?P<figure>.*?)” (?P<said>.+)\.", re.DOTALL)
_OF_A_WRITER = re.compile(r"(?P<writer>[a-z0-9_]+): (?P<error>.+)", re.DOTALL)
_FAULT = re.compile(r"[A-Z]\w+: (?P<said>.+)", re.DOTALL)  # an exception's name before its words
_KEY = re.compile(r"([a-z][a-z0-9]*)\.[a-z0-9_]+")


def told(reason: str) -> SafeString:
    """A stored reason in the active language, marked as English where it still is."""
    if page_language() == "en":
        return format_html("{}", reason)
    text = _told(reason)
    return format_html('<span lang="en">{}</span>' if text is None else "{}", text or reason)


def plain(reason: str) -> str:
    """The same for mails and scripts, which have no marks."""
    return reason if page_language() == "en" else _told(reason) or reason


def _told(reason: str) -> str | None:
    if found := _OF_A_CHECK.fullmatch(reason):
        said = _fitting(found["said"], SENTENCES)
        return None if said is None else f"“{found['figure']}” {said}."
    if (said := _fitting(reason, NOTES)) is not None:
        return said
    if found := _FAULT.fullmatch(reason):
        return _told(found["said"])
    if found := _OF_A_WRITER.fullmatch(reason):
        parts = re.split(r"; (?=[a-z0-9_]+[:,] )", found["error"])
        texts = [_told(parts[0]), *map(_told, parts[1:])]
        known = [text for text in texts if text is not None]
        return f"{found['writer']}: {'; '.join(known)}" if len(known) == len(texts) else None
    return None


def _fitting(text: str, templates: tuple[str, ...]) -> str | None:
    """The translation of the first template that the whole text fits."""
    for template, pattern in _patterns(templates):
        if found := pattern.fullmatch(text):
            parts = {name: _part(name, part) for name, part in found.groupdict().items()}
            return gettext(template) % parts
    return None


@lru_cache(maxsize=2)
def _patterns(templates: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    """What leaves least open comes first."""
    narrow = sorted(templates, key=lambda template: template.count("%("))
    return [(template, re.compile(_pattern(template), re.DOTALL)) for template in narrow]


def _pattern(template: str) -> str:
    at, found = 0, ""
    for place in _PLACE.finditer(template):
        found += re.escape(template[at : place.start()])
        name = place[1]
        found += f"(?P<{name}>{_FORMS.get(name, '.+?')})" if name else "%"
        at = place.end()
    return found + re.escape(template[at:])


def _part(name: str, text: str) -> str:
    """What stands for itself: another reason, a word of ours, a fact's key, or as it is."""
    if name in {"reason", "error"}:
        return _told(text) or text
    if name == "sources":
        return told_of_sources(text, page_language())
    if name in {"writer", "quote", "detail"}:
        return text
    words = [str(WORDS.get(word, word)) for word in text.split(" or ")]
    either = pgettext("in a reason", "or")
    return f" {either} ".join(_KEY.sub(_fact, word) for word in words)


def _fact(found: re.Match[str]) -> str:
    name = formats.index_name(found[1].upper())
    return f"{name}: {labels.fact_name(found[0], page_language())}"
