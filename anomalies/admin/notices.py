"""The admin page of who is told of incidents, with a way to try it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from anomalies.models import NoticeAddress
from anomalies.notice_forms import NoticeAddressForm
from anomalies.services.notices import owe_test_message
from outbox.models import Message
from outbox.services import send_now
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured, may
from tenants.models import Tenant

SHOWN = 10


@admin.register(NoticeAddress)
class NoticeAddressAdmin(TenantAdmin):
    """Who is told of what, by which way, and when not."""

    add_right = change_right = delete_right = Right.OPERATE
    form = NoticeAddressForm
    list_display = ("name", "channel", "address", "least", "shown_sites", "shown_quiet", "shown_on")
    fieldsets = (
        (None, {"fields": ("name", ("channel", "address"), ("language", "is_on"))}),
        (
            _("Of what"),
            {"fields": ("least", "site_ids", "tells_opened", "tells_escalated", "tells_ended")},
        ),
        (_("When not"), {"fields": (("quiet_from", "quiet_to"),)}),
    )
    actions_detail: Any = ("try_it",)
    empty_text = _(
        "Nobody is told of incidents yet. Add an e-mail address, a telephone number or a chat's"
        " webhook, then send a test message to it."
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """In the organisation's language unless said otherwise."""
        tenant = Tenant.objects.get(pk=request.principal.tenant_id)  # type: ignore[attr-defined]
        return {"language": tenant.language, **super().get_changeform_initial_data(request)}

    @admin.display(description=_("sites"))
    def shown_sites(self, address: NoticeAddress) -> str:
        """How many, or all."""
        count = len(address.site_ids)
        if not count:
            return _t("All")
        return ngettext("%(count)s site", "%(count)s sites", count) % {"count": count}

    @admin.display(description=_("quiet hours"))
    def shown_quiet(self, address: NoticeAddress) -> str:
        """From when until when."""
        if address.quiet_from is None or address.quiet_to is None:
            return "-"
        return f"{address.quiet_from:%H:%M}–{address.quiet_to:%H:%M}"

    @coloured(_("in use"), {"on": "success", "off": "default"})
    def shown_on(self, address: NoticeAddress) -> tuple[str, str]:
        """Whether it is told of anything."""
        return ("on", _t("Yes")) if address.is_on else ("off", _t("No"))

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may have messages sent."""
        return may(request, Right.OPERATE)

    @button(_("Send a test message"), permissions=("operate",), icon="send")
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What became of the last messages; with POST a test goes out at once."""
        address = self.get_object(request, object_id)
        if not isinstance(address, NoticeAddress):
            raise Http404
        if request.method == "POST":
            if not may(request, Right.OPERATE):
                raise PermissionDenied
            with transaction.atomic():
                message = owe_test_message(address=address, now=timezone.now())
            send_now(message)
            return HttpResponseRedirect(f"{request.path}?sent={message.pk}")
        sent = Message.objects.filter(key__endswith=f":{address.pk}") | Message.objects.filter(
            key__startswith=f"test:{address.pk}:"
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Messages to %(name)s") % {"name": address},
            "opts": self.opts,
            "address": address,
            "rows": sent.order_by("-id")[:SHOWN],
            "fresh": request.GET.get("sent", ""),
            "back": reverse("admin:anomalies_noticeaddress_change", args=(address.pk,)),
        }
        return TemplateResponse(request, "anomalies/notice_test.html", context)
