"""The technician's pages, made for a phone: what is mine, and one order to work on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.hints import hint_of
from anomalies.models import CalendarLink, WorkOrder
from anomalies.models.work_orders import new_link_token
from anomalies.photos import LARGEST_UPLOAD_BYTES, NotAPhoto
from anomalies.services.work_orders import NothingToAdd, add_note, finish_work, start_work
from anomalies.wording import SEVERITIES, explain, title_of_order
from tenants.access import Principal, Right
from tenants.admin import may
from tenants.models import Member

SHOWN = 200


class NoteForm(forms.Form):
    """A note, a photo, or both."""

    text = forms.CharField(
        label=_("note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "laddbok-input"}),
    )
    photo = forms.FileField(
        label=_("photo"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_photo(self) -> Any:
        """Bounded, before it is read into memory."""
        photo = self.cleaned_data["photo"]
        if photo is not None and photo.size > LARGEST_UPLOAD_BYTES:
            raise forms.ValidationError(_("The photo is larger than 12 MB."))
        return photo


class WorkPages:
    """The pages beside the admin's own; mixed into the admin of work orders."""

    admin_site: Any
    opts: Any

    def list_mine(self, request: HttpRequest) -> HttpResponse:
        """What is to do for whoever asks, late things first, and what nobody has taken."""
        if not may(request, Right.CONTROL):
            raise PermissionDenied
        member = member_of(request)
        link = CalendarLink.objects.get_or_create(member=member)[0] if member else None
        path = reverse("work-calendar", args=(link.token,)) if link else ""
        now = timezone.now()
        to_do = _to_do().filter(Q(assignee=member) | Q(assignee=None))
        rows = [(order, title_of_order(order), order.is_late(now)) for order in to_do[:SHOWN]]
        context = {
            **self.admin_site.each_context(request),
            "title": _t("My work"),
            "opts": self.opts,
            "mine": [row for row in rows if row[0].assignee_id is not None],
            "free": [row for row in rows if row[0].assignee_id is None],
            "calendar": request.build_absolute_uri(path) if path else "",
        }
        return TemplateResponse(request, "anomalies/my_work.html", context)

    def renew_calendar(self, request: HttpRequest) -> HttpResponse:
        """A new secret link; the old one stops."""
        member = member_of(request)
        if request.method != "POST" or member is None:
            raise PermissionDenied
        CalendarLink.objects.filter(member=member).update(token=new_link_token())
        messages.success(request, _t("The calendar has a new link; the old one stops working."))
        return HttpResponseRedirect(reverse("admin:my-work"))

    def work(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """One order: begin, write, photograph, done."""
        if not may(request, Right.CONTROL):
            raise PermissionDenied
        order = _orders().filter(pk=pk).first()
        if order is None:
            raise Http404
        form = NoteForm()
        if request.method == "POST":
            form = NoteForm(request.POST, request.FILES)
            if _act(request, order, form):
                return HttpResponseRedirect(reverse("admin:work-page", args=(order.pk,)))
        context = {
            **self.admin_site.each_context(request),
            **order_context(order),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "anomalies/work.html", context)


def member_of(request: HttpRequest) -> Member | None:
    """The membership behind the request."""
    return Member.objects.filter(user=request.user.pk).first()


def order_context(order: WorkOrder) -> dict[str, Any]:
    """What the pages of one order show."""
    incident = order.incident
    parts = order.parts or (str(hint_of(incident.kind).parts) if incident else "")
    return {
        "title": title_of_order(order),
        "order": order,
        "explanation": explain(incident) if incident else None,
        "severity": SEVERITIES.get(order.severity, order.severity),
        "parts": parts,
        "is_late": order.is_late(timezone.now()),
        "notes": order.notes.defer("photo").annotate(has_photo=Q(photo__isnull=False)),
        "retest": _retest(order),
    }


def _retest(order: WorkOrder) -> str:
    incident = order.incident
    if order.state != WorkOrder.State.DONE or incident is None:
        return ""
    if incident.state == incident.State.OPEN:
        return _t("Waiting for a good charging session to show that it is mended.")
    return _t("It is mended: the incident has ended.")


def _act(request: HttpRequest, order: WorkOrder, form: NoteForm) -> bool:
    """Do what the pressed button says; False when the form has to be shown again."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    pressed, now = request.POST.get("do"), timezone.now()
    if pressed == "start":
        if not start_work(order=order, member=member_of(request), now=now):
            messages.error(request, _t("Somebody has begun already."))
        return True
    if not form.is_valid():
        return False
    photo = form.cleaned_data["photo"]
    try:
        add_note(
            order=order,
            author=principal.label,
            text=form.cleaned_data["text"],
            photo=photo.read() if photo else None,
        )
    except NothingToAdd:
        if pressed != "done":
            form.add_error("text", _t("Write something, or choose a photo."))
            return False
    except NotAPhoto:
        form.add_error("photo", _t("This is no picture we can read. Send a JPEG, PNG or WebP."))
        return False
    if pressed == "done" and not finish_work(order=order, actor=principal.label, now=now):
        messages.error(request, _t("The work order has ended already."))
    return True


def _orders() -> QuerySet[WorkOrder]:
    return WorkOrder.objects.select_related(
        *("site", "charge_point", "connector__charge_point", "assignee__user"),
        *("incident__charge_point", "incident__connector__charge_point", "incident__site"),
    )


def _to_do() -> QuerySet[WorkOrder]:
    states = (WorkOrder.State.OPEN, WorkOrder.State.STARTED)
    return _orders().filter(state__in=states).order_by(F("due_at").asc())
