"""Forms of the console."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import AuthenticationForm as DjangoAuthenticationForm
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.models import ChargePoint, Connector
from sessions_app.models import IdToken
from tenants.models import User
from tenants.services import memberships_of

TOKENS_OFFERED = 200


class LoginForm(AuthenticationForm):
    """Lets members in; Django's `is_staff` plays no part."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        """People sign in with their e-mail address."""
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = capfirst(_("e-mail address"))

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse people who are not active or work for no organisation."""
        DjangoAuthenticationForm.confirm_login_allowed(self, user)
        if not isinstance(user, User) or not memberships_of(user.pk):
            raise forms.ValidationError(
                _("This account does not work for any organisation."), code="no_membership"
            )


class OutletField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of outlets with the state each of them reported."""

    def label_from_instance(self, obj: Any) -> str:
        """For example "CP-1/1: Available"."""
        return f"{obj}: {obj.get_status_display()}"


class StartForm(forms.Form):
    """At which connector and for whom a station is to start charging."""

    connector = OutletField(
        label=capfirst(_("connector")),
        queryset=None,
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
    )
    token = forms.CharField(
        label=capfirst(_("token")),
        max_length=36,
        help_text=_("The card or key fob the session is charged to."),
        widget=UnfoldAdminTextInputWidget(attrs={"list": "tokens", "autocomplete": "off"}),
    )

    def __init__(self, charge_point: ChargePoint, *args: Any, **kwargs: Any) -> None:
        """Offer the station's own connectors."""
        super().__init__(*args, **kwargs)
        outlets = Connector.objects.filter(charge_point=charge_point)
        cast(OutletField, self.fields["connector"]).queryset = outlets.select_related(
            "charge_point"
        )

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The newest tokens in use and whose they are, to choose from while typing."""
        tokens = IdToken.objects.filter(state=IdToken.State.ACTIVE).select_related("driver")
        return [(token.uid, token.driver.name) for token in tokens.order_by("-id")[:TOKENS_OFFERED]]

    def clean_token(self) -> str:
        """A token this organisation knows; whether it may charge the station asks by itself."""
        uid: str = self.cleaned_data["token"].strip().upper()
        if not IdToken.objects.filter(uid=uid).exists():
            raise forms.ValidationError(_("There is no such token."))
        return uid


class WindowForm(forms.Form):
    """For how long, and why, a station is let in without a key."""

    minutes = forms.IntegerField(
        label=_("minutes"), min_value=1, max_value=240, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(label=_("reason"), max_length=255, widget=UnfoldAdminTextInputWidget)


class ProfileForm(forms.Form):
    """What a station's connection must at least be protected by."""

    security_profile = forms.TypedChoiceField(
        label=_("security profile"),
        choices=ChargePoint.SecurityProfile.choices,
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )


class BootForm(forms.Form):
    """What a station's next start is answered with."""

    boot_answer = forms.ChoiceField(
        label=capfirst(_("answer at the next start")),
        choices=[
            choice
            for choice in ChargePoint.BootState.choices
            if choice[0] != ChargePoint.BootState.UNKNOWN
        ],
        help_text=_("Pending: it may be set up but not charge. Rejected: it is told nothing."),
        widget=UnfoldAdminSelectWidget,
    )
    boot_retry_s = forms.IntegerField(
        label=capfirst(_("ask again after (s)")),
        help_text=_("When the station asks again as long as it is not accepted."),
        widget=UnfoldAdminIntegerFieldWidget,
    )


class CertificateForm(forms.Form):
    """A station's client certificate."""

    pem = forms.CharField(
        label=_("certificate (PEM)"), max_length=20_000, widget=UnfoldAdminTextareaWidget
    )
