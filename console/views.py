"""Switching between the organisations a member works for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.middleware import SESSION_KEY
from tenants.models import User
from tenants.services import memberships_of


@login_required
def switch_tenant(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the organisation with this short name from now on; 404 for a stranger's."""
    if not isinstance(request.user, User):
        raise Http404
    for member in memberships_of(request.user.id):
        if member.tenant.slug == slug:
            request.session[SESSION_KEY] = str(member.tenant_id)
            return HttpResponseRedirect(reverse("admin:index"))
    raise Http404(_("You do not work for this organisation."))
