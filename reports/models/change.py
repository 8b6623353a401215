"""What the edge knows of the database: which changes pages show.

The rows of `PageChange` are written by triggers (see the migration that creates the table), in the
transaction of the change itself.
"""

from __future__ import annotations

from django.db import models


class PageChange(models.Model):
    """A change that public pages show. The sum of `changes` over a scope is its version.

    A row for each change and no counter: two transactions never wait for each other on it, and the
    sum grows with each commit whatever the order in which they began.
    """

    class Scope(models.TextChoices):
        SITE = "site"
        MARKET = "market"

    scope = models.CharField(max_length=10, choices=Scope.choices)
    changes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.scope} +{self.changes}"
