"""Routes of the console beside the admin's own."""

from django.urls import path

from console.views import switch_tenant

urlpatterns = [path("organisation/<slug:slug>/", switch_tenant, name="switch-tenant")]
