"""An index's form: its name at each source is a text of its own."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from market import formats
from market.models import INDEX_SOURCES, Index
from market.sources import SOURCES

PREFIX = "at_"
VENDOR_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._^-]*")  # goes into vendors' addresses
SOURCE_FIELDS = {f"{PREFIX}{source}": source for source in SOURCES if source in INDEX_SOURCES}


def validate_vendor_name(value: str) -> None:
    if not VENDOR_NAME.fullmatch(value):
        raise ValidationError(
            _("Write the name as the source does: letters, digits, dots and hyphens alone.")
        )


class IndexFormBase(forms.ModelForm[Index]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, source in SOURCE_FIELDS.items():
            self.initial.setdefault(field, self.instance.vendor_codes.get(source, ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = {
            source: name for field, source in SOURCE_FIELDS.items() if (name := cleaned.get(field))
        }
        for field, text in self._taken(names).items():
            self.add_error(field, text)
        self.instance.vendor_codes = names
        return cleaned

    def _taken(self, names: dict[str, str]) -> dict[str, str]:
        """Which fields name what another index is called at that source."""
        others = Index.objects.exclude(pk=self.instance.pk)
        return {
            f"{PREFIX}{source}": gettext("%(index)s has this name there.") % {"index": other.name}
            for other in others
            for source, name in names.items()
            if other.vendor_codes.get(source) == name
        }


def _label(source: str) -> str:
    """Its name, and beside it the one that the settings know where the two differ."""
    name = formats.source_name(source, "en")
    return name if name.lower() == source else f"{name} ({source})"


def _field(source: str) -> forms.CharField:
    return forms.CharField(
        label=_label(source),
        required=False,
        max_length=40,
        validators=[validate_vendor_name],
        widget=AdminTextInputWidget(attrs={"spellcheck": "false", "autocapitalize": "off"}),
    )


IndexForm = type(
    "IndexForm", (IndexFormBase,), {name: _field(source) for name, source in SOURCE_FIELDS.items()}
)
