"""Stripe's customer portal: its settings on the tenant's account, and a visit per click."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import BillingAccount, PortalConfiguration, StripeCommand
from billing.selectors.payments import payer_of
from billing.services.collection import begin_collection
from billing.services.invoices import locked_payer
from billing.services.owed_calls import call_key, owe_again
from billing.services.step import CLOCK_SLACK, Step
from billing.stripe_gateway import (
    CallFor,
    RemoteObject,
    StripeFailure,
    StripeGateway,
    WrongAccount,
    configuration_body,
    portal_body,
)
from billing.types import Operation
from tenants.models import new_id


class NoPortal(RuntimeError):
    """The driver pays nothing here, or somebody else pays for them."""


class PortalNotReady(RuntimeError):
    """Customer or settings are on their way to Stripe: the driver may try again soon."""


def open_portal(*, driver_id: UUID, return_url: str, language: str, now: datetime) -> str:
    """The address of a new visit to the portal, on the account's own Stripe account; not stored.

    Not in a transaction: it waits for Stripe. Raises `NoPortal`, `PortalNotReady` after owing
    what is missing, and `StripeFailure`.
    """
    payer = payer_of(driver_id)
    if payer is None or payer.driver_id != driver_id:
        raise NoPortal(str(driver_id))
    configuration_ref = _prepare(payer.pk, return_url, now)
    payer.refresh_from_db()
    if not (configuration_ref and payer.stripe_customer_ref):
        raise PortalNotReady(str(driver_id))
    key = call_key("open_portal", payer.pk, new_id())
    gateway = StripeGateway(payer.stripe_account_ref)
    return gateway.create_portal_link(
        CallFor(payer.stripe_account_ref, key),
        portal_body(
            customer_ref=payer.stripe_customer_ref,
            configuration_ref=configuration_ref,
            return_url=return_url,
            language=language,
        ),
    )


def keep_configuration(command: StripeCommand, remote: RemoteObject, now: datetime) -> None:
    """The settings exist at Stripe."""
    portal = PortalConfiguration.objects.select_for_update().get(pk=command.entity_id)
    if portal.stripe_account_ref != command.stripe_account_ref:
        raise WrongAccount(f"call {command.pk} of {command.stripe_account_ref!r}")
    portal.configuration_ref = remote.ref
    portal.save(update_fields=("configuration_ref",))


def _prepare(account_id: UUID, return_url: str, now: datetime) -> str:
    """Owe what the portal still needs; the id of its settings, blank while they are not there."""
    with transaction.atomic():
        account = locked_payer(account_id)
        if not account.stripe_customer_ref:
            begin_collection(account, now)
        portal, _made = PortalConfiguration.objects.get_or_create(
            stripe_account_ref=account.stripe_account_ref
        )
        if not portal.configuration_ref:
            _owe_configuration(portal, account, return_url, now)
    return portal.configuration_ref


def _owe_configuration(
    portal: PortalConfiguration, account: BillingAccount, return_url: str, now: datetime
) -> None:
    owe_again(
        operation=Operation.CREATE_PORTAL,
        entity_id=portal.pk,
        account_ref=account.stripe_account_ref,
        body=configuration_body(
            headline=_("Cards and invoices of your charging"),
            return_url=return_url,
            metadata={"tenant": str(account.tenant_id), "portal": str(portal.pk)},
        ),
        now=now,
    )


def _find_configuration(
    gateway: StripeGateway, call: CallFor, command: StripeCommand
) -> list[RemoteObject]:
    made_from = (command.first_sent_at or command.created_at) - CLOCK_SLACK
    return [
        one
        for one in gateway.portals_since(call, made_from)
        if one.metadata.get("portal") == str(command.entity_id)
    ]


def _refuse_nothing(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The next click owes it again; the refused call is listed among the calls to Stripe."""


PORTAL_STEPS: Final[dict[str, Step]] = {
    Operation.CREATE_PORTAL: Step(
        send=lambda gateway, call, command: gateway.create_portal(call, command.params["body"]),
        look_up=_find_configuration,
        conclude=keep_configuration,
        refuse=_refuse_nothing,
    ),
}
