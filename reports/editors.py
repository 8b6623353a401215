"""The group of those who answer for what is published. An administrator puts users into it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

GROUP = "Editors"
PERMISSIONS = {
    "market": (
        "view_index",
        "view_quote",
        "view_bar",
        "view_rejectedquote",
        "view_overview",
        "view_closure",
        "add_closure",
        "change_closure",
        "delete_closure",
    ),
    "reports": (
        "view_report",
        "add_report",
        "change_report",
        "publish_report",
        "view_run",
        "add_run",  # ask for a report now
        "change_run",  # try a failed one again
        "view_step",
        "view_schedule",
        "view_promptversion",
        "view_daybudget",
        "view_runbudget",
        "view_modelcall",
    ),
}


def create_group(**_signal: Any) -> None:
    """Make the group with its permissions; once it is there it belongs to the administrators.

    Runs after migrations, because only then do the permissions exist.
    """
    group, created = Group.objects.get_or_create(name=GROUP)
    if created:
        wanted = Q()
        for app, codenames in PERMISSIONS.items():
            wanted |= Q(content_type__app_label=app, codename__in=codenames)
        group.permissions.set(Permission.objects.filter(wanted))
