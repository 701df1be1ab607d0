"""Forms of the admin pages of members and API keys."""

from __future__ import annotations

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminEmailInputWidget

from tenants.models import ApiKey, Member, Scopes
from tenants.services import is_member


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person by e-mail address, and their role."""

    email = forms.EmailField(
        label=capfirst(_("e-mail address")),
        help_text=_("They sign in with it. Somebody new gets a first password, shown once."),
        widget=UnfoldAdminEmailInputWidget(),
    )

    class Meta:
        model = Member
        fields = ("role",)

    def clean_email(self) -> str:
        """Somebody who works here already is not added twice."""
        email: str = self.cleaned_data["email"].lower()
        if is_member(email):
            raise forms.ValidationError(_("This person works here already."))
        return email


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a key is for and what it may do."""

    scopes = forms.MultipleChoiceField(
        label=capfirst(_("scopes")),
        choices=Scopes.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "expires_at")
        help_texts = {"name": _("Who uses it, for example the partner's name.")}
