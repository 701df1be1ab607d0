"""Routes of the pages for drivers and the public."""

from django.urls import path

from drivers.views.charging import (
    come_back,
    offer_or_pay,
    show_payment,
    stop_payment,
)
from drivers.views.prices import list_prices, show_prices
from drivers.views.receipts import download_inputs, open_receipt, show_pdf, show_receipt

RECEIPT = "receipt/<str:token>"
REVISION = f"{RECEIPT}/revision/<int:revision>"

urlpatterns = [
    path("receipt/of/<uuid:session_id>/", open_receipt, name="session-receipt"),
    path(f"{RECEIPT}.pdf", show_pdf, name="receipt-pdf"),
    path(f"{RECEIPT}/", show_receipt, name="receipt"),
    path(f"{RECEIPT}/inputs.json", download_inputs, name="receipt-inputs"),
    path(f"{REVISION}.pdf", show_pdf, name="receipt-revision-pdf"),
    path(f"{REVISION}/", show_receipt, name="receipt-revision"),
    path(f"{REVISION}/inputs.json", download_inputs, name="receipt-revision-inputs"),
    path("charge/back/<str:ref>/", come_back, name="payment-back"),
    path("charge/<slug:slug>/<str:code>/<int:evse>/", offer_or_pay, name="charge"),
    path("payment/<str:token>/", show_payment, name="payment"),
    path("payment/<str:token>/stop/", stop_payment, name="payment-stop"),
    path("prices/<slug:slug>/<str:code>.json", list_prices, name="station-prices-json"),
    path("prices/<slug:slug>/<str:code>/", show_prices, name="station-prices"),
]
