"""Who works in the admin: an editor, a user of the staff with chosen permissions, a superuser."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet

from reports.editors import GROUP


def editor(name: str = "lan") -> User:
    """A staff user whose only rights are the group's."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=GROUP))
    return user


def staff(*permissions: str, name: str = "minh") -> User:
    """A staff user with these permissions alone: `staff("reports.view_report")`."""
    user = User.objects.create_user(name, is_staff=True)
    for permission in permissions:
        user.user_permissions.add(_permission(permission).get())
    return user


def superuser(name: str = "chief") -> User:
    return User.objects.create_superuser(name)


def _permission(name: str) -> QuerySet[Permission]:
    app, codename = name.split(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)
