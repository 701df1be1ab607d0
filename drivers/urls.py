"""Routes of the pages for drivers and the public."""

from django.urls import path

from drivers.views.charging import (
    come_back,
    offer_or_pay,
    show_payment,
    stop_payment,
)
from drivers.views.my import (
    block_tag,
    download_credit_note,
    download_invoice,
    open_own_receipt,
    show_invoices,
    show_outages,
    show_sessions,
    show_tags,
)
from drivers.views.notices import choose, stop
from drivers.views.portal import go_to_portal, show_payment_ways
from drivers.views.prices import list_prices, show_prices
from drivers.views.receipts import download_inputs, open_receipt, show_pdf, show_receipt
from drivers.views.signing_in import enter, send_link, sign_out
from drivers.views.status import show_status

RECEIPT = "receipt/<str:token>"
MY = "my/<slug:slug>"
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
    path("status/<slug:slug>/<str:code>/", show_status, name="site-status"),
    path("notices/<str:token>/", choose, name="notices"),
    path("notices/<str:token>/stop/", stop, name="notices-stop"),
    path(f"{MY}/", show_sessions, name="my"),
    path(f"{MY}/link/", send_link, name="my-link"),
    path(f"{MY}/enter/<str:token>/", enter, name="my-enter"),
    path(f"{MY}/out/", sign_out, name="my-out"),
    path(f"{MY}/sessions/<uuid:pk>/receipt/", open_own_receipt, name="my-receipt"),
    path(f"{MY}/invoices/", show_invoices, name="my-invoices"),
    path(f"{MY}/invoices/<uuid:pk>.pdf", download_invoice, name="my-invoice-pdf"),
    path(f"{MY}/credit-notes/<uuid:pk>.pdf", download_credit_note, name="my-credit-note-pdf"),
    path(f"{MY}/payment/", show_payment_ways, name="my-payment"),
    path(f"{MY}/payment/portal/", go_to_portal, name="my-portal"),
    path(f"{MY}/tags/", show_tags, name="my-tags"),
    path(f"{MY}/tags/<uuid:pk>/block/", block_tag, name="my-tag-block"),
    path(f"{MY}/outages/", show_outages, name="my-outages"),
]
