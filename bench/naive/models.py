"""A session and a row for each sampled value."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Session(models.Model):
    """A transaction under way."""

    reference = models.CharField(max_length=64, unique=True)
    station = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    energy_wh = models.FloatField(default=0)

    class Meta:
        app_label = "naive"

    def __str__(self) -> str:
        return self.reference


class Value(models.Model):
    """One sampled value."""

    objects: ClassVar[models.Manager[Value]]
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    at = models.DateTimeField(db_index=True)
    measurand = models.CharField(max_length=64)
    value = models.CharField(max_length=64)
    unit = models.CharField(max_length=16)
    phase = models.CharField(max_length=8, blank=True)
    context = models.CharField(max_length=32)

    class Meta:
        app_label = "naive"

    def __str__(self) -> str:
        return f"{self.measurand} {self.value}"
