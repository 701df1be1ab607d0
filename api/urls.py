"""Routes of the REST API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from api import views

router = SimpleRouter()
router.register("locations", views.LocationViewSet, basename="location")
router.register("charge-points", views.ChargePointViewSet, basename="charge-point")
router.register("sessions", views.SessionViewSet, basename="session")
router.register("commands", views.CommandViewSet, basename="command")
router.register("invoices", views.InvoiceViewSet, basename="invoice")

urlpatterns = [
    path("", include(router.urls)),
    path("revenue/daily/", views.DailyRevenueView.as_view(), name="revenue-daily"),
    path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="openapi"), name="api-docs"),
]
