"""What a driver wants to hear, changed by the link in their mails: no account, no password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from anomalies.models import DriverChoice
from anomalies.services.driver_notices import choose_notices
from drivers.language import PARAMETER, chosen_language, speaking
from drivers.responses import keep_private, page
from tenants.scope import across_tenants, tenant_scope

Wants = DriverChoice.Wants


# Whoever has the link may decide; no cookie of the visitor plays a part, so there is nothing for
# another site to borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Show the choice, or keep a new one."""
    choice = _find(token)
    with speaking(chosen_language(request, choice.driver.language if choice else "")):
        if choice is None:
            return keep_private(page(request, "drivers/no_notices.html", {}, status=404))
        error = ""
        if request.method == "POST":
            wants = request.POST.get("wants", "")
            if wants in Wants.values:
                with tenant_scope(choice.tenant_id):
                    choose_notices(choice=choice, wants=Wants(wants))
                language = request.GET.get(PARAMETER, "")
                where = redirect("notices", token=token)
                where["Location"] += f"?kept=1&{PARAMETER}={language}" if language else "?kept=1"
                return keep_private(where)
            error = _("Choose one of the three.")
        context = {
            "operator": choice.tenant,
            "choice": choice,
            "wants": [(each.value, each.label) for each in Wants],
            "error": error,
            "is_kept": "kept" in request.GET,
        }
        status = 422 if error else 200
        return keep_private(page(request, "drivers/notices.html", context, status=status))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """One click in a mail program (RFC 8058) ends all notices; looking at the address does not."""
    choice = _find(token)
    if choice is None or request.method != "POST":
        return redirect("notices", token=token)
    with tenant_scope(choice.tenant_id):
        choose_notices(choice=choice, wants=Wants.NOTHING)
    return keep_private(HttpResponse(status=200))


def _find(token: str) -> DriverChoice | None:
    with across_tenants(reason="whose choice a link opens"):
        rows = DriverChoice.objects.select_related("driver", "tenant")
        return rows.filter(token=token).first()
