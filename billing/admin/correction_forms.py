"""What a person enters to correct one session or many."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import CorrectionKind, TariffVersion
from billing.selectors.correction_plans import CorrectionRequest, SessionChoice
from chargepoints.models import Site

_DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class CorrectionForm(forms.Form):
    """Void or price again, by which prices, and why; with `session` one, otherwise a choice."""

    session = forms.UUIDField(required=False, widget=forms.HiddenInput)
    first_day = forms.DateField(label=_("sessions started from"), required=False, widget=_DAY)
    last_day = forms.DateField(label=_("up to and including"), required=False, widget=_DAY)
    charged_by = forms.ChoiceField(label=_("charged by"), required=False)
    site = forms.ChoiceField(label=_("site"), required=False)
    kind = forms.ChoiceField(
        label=_("what to do"),
        choices=((CorrectionKind.RE_RATE, _("Price again")), (CorrectionKind.VOID, _("Void it"))),
        initial=CorrectionKind.RE_RATE,
        widget=forms.RadioSelect,
    )
    version = forms.ChoiceField(
        label=_("prices"),
        required=False,
        help_text=_(
            "Its own: the version frozen when the session began, with the session as it is now."
        ),
    )
    newer_prices = forms.BooleanField(
        label=_("market prices as they are known today"),
        required=False,
        help_text=_("Otherwise as they were known when the session was first priced."),
    )
    reason = forms.CharField(
        label=_("reason"),
        max_length=500,
        help_text=_("Printed on the credit note."),
        widget=forms.Textarea({"rows": 2, "class": "laddbok-input"}),
    )
    known_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = [
            (str(version.pk), f"{version}, {timezone.localtime(version.valid_from):%Y-%m-%d}")
            for version in TariffVersion.objects.select_related("tariff")
        ]
        sites = [(str(site.pk), site.name) for site in Site.objects.order_by("name")]
        self._choose("version", _t("Each session's own"), versions)
        self._choose("charged_by", _t("Any tariff"), versions)
        self._choose("site", _t("Any site"), sites)

    def clean(self) -> dict[str, Any]:
        """Something must narrow the sessions down, and days come in order."""
        entered: dict[str, Any] = super().clean() or {}
        first, last = entered.get("first_day"), entered.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _t("The last day is before the first."))
        narrowed = ("session", "first_day", "last_day", "charged_by", "site")
        if not any(entered.get(name) for name in narrowed) and not self.errors:
            self.add_error("first_day", _t("Say which sessions: a period, a tariff or a site."))
        return entered

    def request_made(self, now: datetime) -> CorrectionRequest:
        """What the valid form asks for; market prices of today are those known at one instant."""
        entered = self.cleaned_data
        kind = CorrectionKind(entered["kind"])
        prices = kind is CorrectionKind.RE_RATE
        known_at = (entered["known_at"] or now) if entered["newer_prices"] else None
        session_id = entered["session"]
        return CorrectionRequest(
            kind=kind,
            sessions=SessionChoice(
                session_ids=() if session_id is None else (session_id,),
                started_from=_start_of(entered["first_day"]),
                started_to=_start_of(entered["last_day"], days_later=1),
                version_id=_id(entered["charged_by"]),
                site_id=_id(entered["site"]),
            ),
            version_id=_id(entered["version"]) if prices else None,
            prices_known_at=known_at if prices else None,
        )

    def _choose(self, name: str, nothing: str, choices: list[tuple[str, str]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", nothing), *choices]


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


def _start_of(day: date | None, *, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days_later), time()))
