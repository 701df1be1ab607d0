"""URLs of the whole project; each app brings its own list."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import report_alive, report_ready

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", report_alive, name="alive"),
    path("readyz", report_ready, name="ready"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", include("console.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("", include("chargepoints.urls")),
    path("", include("anomalies.urls")),
    path("", include("billing.urls")),
    path("", include("drivers.urls")),
]
