"""Routes of stations beside the socket."""

from django.urls import path

from chargepoints.views import take_upload

urlpatterns = [
    path("uploads/<str:token>/", take_upload, name="upload-log"),
    path("uploads/<str:token>/<str:name>", take_upload, name="upload-named-log"),
]
