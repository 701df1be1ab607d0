"""Forms of the console."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm as DjangoAuthenticationForm
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from tenants.models import User
from tenants.services import memberships_of


class LoginForm(AuthenticationForm):
    """Lets members in; Django's `is_staff` plays no part."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse people who are not active or work for no organisation."""
        DjangoAuthenticationForm.confirm_login_allowed(self, user)
        if not isinstance(user, User) or not memberships_of(user.pk):
            raise forms.ValidationError(
                _("This account does not work for any organisation."), code="no_membership"
            )
