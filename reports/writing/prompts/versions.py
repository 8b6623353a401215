"""The prompts' history: new versions, which of them is in force, and back to the file."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from marketsite import clock
from reports.models import PromptVersion
from reports.writing.prompts import InForce
from reports.writing.prompts.templates import NAMES, file_text, file_version

FILE = "file"  # names the file's text where a version's number could stand


def store(name: str, text: str, comment: str, user: AbstractBaseUser | None) -> PromptVersion:
    """Keep a text as a new version, not in force yet."""
    return PromptVersion.objects.create(
        name=name,
        text=text,
        comment=comment,
        created_at=clock.now(),
        created_by_id=user.pk if user else None,
    )


def put_in_force(name: str, version: str) -> bool:
    """Let a version of the prompt count from now on, or its file; whether that changed anything.

    Runs that have begun use it from their next part on. KeyError when there is no such version.
    """
    with transaction.atomic():
        rows = PromptVersion.objects.select_for_update().filter(name=name).order_by("pk")
        active = dict(rows.values_list("pk", "active"))
        wanted = None if version == FILE else _number(version)
        if wanted is not None and wanted not in active:
            raise KeyError(version)
        if [pk for pk, is_active in active.items() if is_active] == ([wanted] if wanted else []):
            return False
        rows.filter(active=True).update(active=False)
        if wanted is not None:
            rows.filter(pk=wanted).update(active=True)
    return True


def text_of(name: str, version: str) -> InForce:
    """A version's text; KeyError when the prompt has no such version."""
    if name not in NAMES:
        raise KeyError(name)
    if version == FILE:
        return InForce(file_text(name), file_version(name))
    row = PromptVersion.objects.filter(name=name, pk=_number(version)).first()
    if row is None:
        raise KeyError(version)
    return InForce(row.text, row.label)


def _number(version: str) -> int:
    """The row's number in `12` or `v12`; KeyError for anything else."""
    digits = version.removeprefix("v")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 16):
        raise KeyError(version)
    return int(digits)
