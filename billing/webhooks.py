"""Stripe's webhook: signature, storage, an answer; everything else happens later."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.services.stripe_events import store_event
from billing.stripe_gateway import InvalidSignature, NotAnEvent, verified_event

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive_stripe_event(request: HttpRequest) -> JsonResponse:
    """200 once the event is stored or known to be nobody's here; 400 unless Stripe signed it."""
    now = timezone.now()
    try:
        event = verified_event(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            secrets=webhook_secrets(),
            now=now,
        )
    except InvalidSignature as error:
        log.warning("Stripe webhook refused", extra={"why": str(error)})
        return JsonResponse({"status": "refused", "reason": "signature"}, status=400)
    except NotAnEvent as error:
        log.warning("Stripe webhook refused", extra={"why": str(error)})
        return JsonResponse({"status": "refused", "reason": "not a snapshot event"}, status=400)
    return JsonResponse({"status": store_event(event, now=now).value})


def webhook_secrets() -> list[str]:
    """The secrets in force; without one nobody could be believed, so nothing is served."""
    secrets = [secret for secret in settings.STRIPE_WEBHOOK_SECRETS if secret.strip()]
    if not secrets:
        raise ImproperlyConfigured(
            "STRIPE_WEBHOOK_SECRETS is empty: give the signing secret of the webhook endpoint"
        )
    return secrets
