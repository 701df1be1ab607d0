"""Routes of the monitoring beside the admin's."""

from django.urls import path

from anomalies.views import show_calendar

urlpatterns = [path("work/<str:token>.ics", show_calendar, name="work-calendar")]
