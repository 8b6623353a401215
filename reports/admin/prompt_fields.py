"""A prompt as it is typed: its field, what its placeholders mean, and what can be wrong with it."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

FAULTS = {
    "empty": _("Write the prompt."),
    "long": _("It is longer than 20,000 characters."),
    "missing": _("Missing, and without it the model lacks what it works on: %(detail)s"),
    "unknown": _("This prompt knows no such placeholder: %(detail)s"),
    "stray": _("A dollar sign that begins no placeholder, in line %(detail)s: write $$ for one."),
    "unseen": _("Invisible characters in line %(detail)s: they could hide orders to the model."),
}
MEANINGS = {
    "facts": _("all figures of the report, with their keys"),
    "research": _("the news items, as quoted data"),
    "previous": _("the title of the last report"),
    "edition": _("morning, noon, afternoon or evening"),
    "written": _("what is written of the report so far"),
    "headings": _("the headings of the sections"),
    "proven": _("sentences that the rules wrote for this place, proven already"),
    "problem": _("what the check found wrong, line by line"),
    "answer": _("the faulty answer, as JSON"),
    "texts": _("the texts to translate, as JSON"),
}


class PromptTextField(forms.CharField):
    """Many lines: composed characters and plain line ends; its size is checked with the rest.

    Without a length of its own, so that a browser does not silently cut what is pasted.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
