"""What `manage.py tick` remembers: when it last began each job."""

from __future__ import annotations

from django.db import models


class JobMark(models.Model):
    """In the database, because what Redis holds may be lost."""

    name = models.CharField(primary_key=True, max_length=80)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
