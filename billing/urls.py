"""Billing's own URLs: what Stripe calls."""

from __future__ import annotations

from django.urls import path

from billing.webhooks import receive_stripe_event

urlpatterns = [path("webhooks/stripe/", receive_stripe_event, name="stripe_webhook")]
