"""Routes of the REST API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from api import incident_views, views
from api.figures import FiguresView

router = SimpleRouter()
router.register("locations", views.LocationViewSet, basename="location")
router.register("charge-points", views.ChargePointViewSet, basename="charge-point")
router.register("sessions", views.SessionViewSet, basename="session")
router.register("commands", views.CommandViewSet, basename="command")
router.register("invoices", views.InvoiceViewSet, basename="invoice")
router.register("incidents", incident_views.IncidentViewSet, basename="incident")
router.register("maintenance", incident_views.MaintenanceViewSet, basename="maintenance")
router.register("work-orders", incident_views.WorkOrderViewSet, basename="work-order")

urlpatterns = [
    path("", include(router.urls)),
    path("figures/", FiguresView.as_view(), name="figures"),
    path("revenue/daily/", views.DailyRevenueView.as_view(), name="revenue-daily"),
    path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="openapi"), name="api-docs"),
]
