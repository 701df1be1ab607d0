"""What the worker loads: Celery's application, once the database keeps tenants apart."""

from __future__ import annotations

import gc

import django

from config.celery import app

__all__ = ["app"]

django.setup()

from tenants.row_security import verify_row_security  # noqa: E402 - needs Django to be set up

verify_row_security()
# What is loaded now stays: no collection need look at it, and the end need not take it apart.
gc.freeze()
