"""Form of the addresses that are told of incidents."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from anomalies.models import NoticeAddress
from chargepoints.models import Site
from outbox.senders.web import ForbiddenAddress, check_address
from outbox.types import Channel
from tenants.sealing import seal

WEBHOOKS: Final = (Channel.CHAT, Channel.HOOK)
_FILLING: Final = re.compile(r"[\s()./-]")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


class NoticeAddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is told of what. A webhook's address is sealed; only its host is shown again."""

    site_ids = forms.TypedMultipleChoiceField(
        label=capfirst(_("sites")),
        required=False,
        coerce=UUID,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: all of them, also those that are still to come."),
    )

    class Meta:
        model = NoticeAddress
        fields = (
            *("name", "channel", "address", "language", "is_on", "least", "site_ids"),
            *("tells_opened", "tells_escalated", "tells_ended", "quiet_from", "quiet_to"),
        )
        help_texts = {
            "address": _(
                "An e-mail address, a telephone number with country code (+46 70 123 45 67), or the"
                " https address of a webhook. Of a webhook only the host is shown afterwards."
            ),
            "quiet_from": _(
                "Local time. In quiet hours messages wait, but for dangers and hardware failures."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the sites of the organisation."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["site_ids"]
        field.choices = [(site.pk, site.name) for site in Site.objects.order_by("name")]

    def clean(self) -> dict[str, Any]:
        """The address has to be one of its channel."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        channel, address = given.get("channel"), (given.get("address") or "").strip()
        if not channel or not address:
            return given
        try:
            given["address"] = self._checked(channel, address)
        except ValidationError as error:
            self.add_error("address", error)
        return given

    def _checked(self, channel: str, address: str) -> str:
        known = self.instance
        is_same = known.address == address and known.channel in WEBHOOKS and known.sealed_url
        if channel in WEBHOOKS and is_same:
            return address
        self.instance.sealed_url = ""
        if channel == Channel.EMAIL:
            validate_email(address)
            return address
        if channel == Channel.SMS:
            number = _FILLING.sub("", address)
            if not _NUMBER.fullmatch(number):
                raise ValidationError(
                    _("Write the number with its country code, for example +46 70 123 45 67.")
                )
            return number
        try:
            check_address(address, private=settings.WEBHOOKS_MAY_BE_PRIVATE)
        except ForbiddenAddress as error:
            raise ValidationError(str(error)) from None
        self.instance.sealed_url = seal(address)
        return str(urlsplit(address).hostname)
