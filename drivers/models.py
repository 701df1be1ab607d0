"""How drivers sign in to their own pages: what was asked for, the links mailed, the visits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Driver
from tenants.models import TenantRecord


class SignInRequest(TenantRecord):
    """Somebody asked for a link to an address; gone once it is answered, whoever it is of."""

    address = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=8)
    base_url = models.URLField(max_length=200)

    class Meta(TenantRecord.Meta):
        verbose_name = _("sign-in request")
        verbose_name_plural = _("sign-in requests")

    def __str__(self) -> str:
        return self.address


class SignInLink(TenantRecord):
    """A link that signs one driver in, once and soon; a newer one ends it.

    The token is not kept: it is made of `salt` and the installation's secret key, and recognised
    by `token_hash`, so neither the database nor the key alone signs anybody in.
    """

    driver = models.ForeignKey(
        Driver, on_delete=models.CASCADE, related_name="sign_in_links", verbose_name=_("driver")
    )
    address = models.EmailField(_("e-mail address"))
    salt = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("used or replaced"), null=True, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("sign-in link")
        verbose_name_plural = _("sign-in links")
        constraints = (
            models.UniqueConstraint(
                fields=("driver",),
                condition=models.Q(ended_at__isnull=True),
                name="a_driver_has_one_live_sign_in_link",
            ),
        )

    def __str__(self) -> str:
        return str(self.driver)


class DriverVisit(TenantRecord):
    """A browser in which a driver is signed in; its cookie is recognised by its hash.

    It lasts while the driver has the address by which it began.
    """

    driver = models.ForeignKey(
        Driver, on_delete=models.CASCADE, related_name="visits", verbose_name=_("driver")
    )
    address = models.EmailField(_("e-mail address"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    ends_at = models.DateTimeField(_("ends"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("driver's visit")
        verbose_name_plural = _("drivers' visits")

    def __str__(self) -> str:
        return str(self.driver)
