"""Routes of the console beside the admin's own."""

from django.urls import path

from console.live import poll_incidents
from console.views import switch_tenant

urlpatterns = [
    path("organisation/<slug:slug>/", switch_tenant, name="switch-tenant"),
    path("live/incidents/", poll_incidents, name="live-incidents"),
]
