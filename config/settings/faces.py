"""Settings of the admin and the REST API."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "api.authentication.PrincipalAuthentication",
        "api.authentication.MemberAuthentication",
    ),
    "DEFAULT_PERMISSION_CLASSES": ("api.authentication.HasRight",),
    "DEFAULT_FILTER_BACKENDS": ("django_filters.rest_framework.DjangoFilterBackend",),
    "DEFAULT_PAGINATION_CLASS": "api.pagination.NewestFirst",
    "DEFAULT_RENDERER_CLASSES": ("rest_framework.renderers.JSONRenderer",),
    "DEFAULT_PARSER_CLASSES": ("rest_framework.parsers.JSONParser",),
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    "EXCEPTION_HANDLER": "api.errors.shape_error",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Laddbok",
    "DESCRIPTION": (
        "Charging operations and billing. Times are UTC (ISO 8601), money is integers in the "
        "currency's minor unit, energy is Wh. Every answer with a status of 400 and above has "
        "the shape of `ErrorAnswer`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DEFAULT_GENERATOR_CLASS": "api.schema.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ("rest_framework.permissions.AllowAny",),
    "SERVE_AUTHENTICATION": (),
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"defaultModelsExpandDepth": 0, "deepLinking": True},
    "ENUM_NAME_OVERRIDES": {
        "CommandState": "chargepoints.models.Command.State",
        "SessionState": "sessions_app.models.ChargingSession.State",
        "InvoiceState": "billing.models.Invoice.State",
        "CorrectionKind": "billing.models.CorrectionKind",
        "ChargeLineKind": "billing.models.ChargeLine.Kind",
        "IncidentState": "anomalies.models.Incident.State",
        "RepairState": "anomalies.models.RemediationStep.State",
        "WorkOrderState": "anomalies.models.WorkOrder.State",
        "ConnectorStatus": "chargepoints.models.Connector.Status",
    },
}


def _link(title: Any, icon: str, url_name: str, right: str = "view") -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(url_name),
        "permission": f"console.navigation.may_{right}",
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Laddbok",
    "SITE_HEADER": "Laddbok",
    "SITE_SUBHEADER": "console.navigation.tenant_name",
    "SITE_URL": None,
    "SITE_SYMBOL": "ev_station",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("console/icon.svg"),
        }
    ],
    "SITE_DROPDOWN": "console.navigation.tenant_choices",
    "DASHBOARD_CALLBACK": "console.home.add_home",
    "LOGIN": {"form": "console.forms.LoginForm"},
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/live.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .019 160)",
            "100": "oklch(95% .052 163)",
            "200": "oklch(90.5% .093 164)",
            "300": "oklch(84.5% .143 164)",
            "400": "oklch(76.5% .177 163)",
            "500": "oklch(64% .16 162)",
            "600": "oklch(52% .13 163)",
            "700": "oklch(45% .11 164)",
            "800": "oklch(39% .09 166)",
            "900": "oklch(34% .075 168)",
            "950": "oklch(24% .05 172)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    _link(_("Overview"), "dashboard", "admin:index"),
                    _link(
                        _("Charging sessions"),
                        "bolt",
                        "admin:sessions_app_chargingsession_changelist",
                    ),
                    _link(_("Incidents"), "warning", "admin:anomalies_incident_changelist"),
                    _link(_("Work orders"), "build", "admin:anomalies_workorder_changelist"),
                    _link(_("Health"), "monitor_heart", "admin:anomalies_health"),
                    _link(
                        _("Maintenance"),
                        "construction",
                        "admin:anomalies_maintenance_changelist",
                    ),
                    _link(_("Key figures"), "monitoring", "admin:key-figures"),
                    _link(
                        _("Others' outages"),
                        "flash_off",
                        "admin:anomalies_outageexclusion_changelist",
                    ),
                ],
            },
            {
                "title": _("Stations"),
                "separator": True,
                "items": [
                    _link(_("Sites"), "location_on", "admin:chargepoints_site_changelist"),
                    _link(
                        _("Charge points"),
                        "ev_station",
                        "admin:chargepoints_chargepoint_changelist",
                    ),
                    _link(
                        _("Charger models"),
                        "tune",
                        "admin:chargepoints_modelprofile_changelist",
                    ),
                    _link(
                        _("Settings templates"),
                        "checklist",
                        "admin:chargepoints_settingstemplate_changelist",
                    ),
                    _link(_("Campaigns"), "campaign", "admin:chargepoints_campaign_changelist"),
                    _link(_("Commands"), "send", "admin:chargepoints_command_changelist"),
                    _link(_("OCPP messages"), "forum", "admin:chargepoints_ocppmessage_changelist"),
                ],
            },
            {
                "title": _("Reported by stations"),
                "separator": True,
                "collapsible": True,
                "items": [
                    _link(
                        _("Station settings"),
                        "settings",
                        "admin:chargepoints_devicevariable_changelist",
                    ),
                    _link(
                        _("Reservations"), "event_seat", "admin:chargepoints_reservation_changelist"
                    ),
                    _link(
                        _("Firmware updates"),
                        "system_update",
                        "admin:chargepoints_firmwarejob_changelist",
                    ),
                    _link(
                        _("Station logs"), "description", "admin:chargepoints_logrequest_changelist"
                    ),
                    _link(
                        _("Charging profiles"),
                        "speed",
                        "admin:chargepoints_chargingprofile_changelist",
                    ),
                    _link(
                        _("Station events"), "sensors", "admin:chargepoints_deviceevent_changelist"
                    ),
                    _link(
                        _("Security events"),
                        "security",
                        "admin:chargepoints_securityevent_changelist",
                    ),
                    _link(
                        _("Certificate requests"),
                        "badge",
                        "admin:chargepoints_signingrequest_changelist",
                    ),
                ],
            },
            {
                "title": _("Drivers"),
                "separator": True,
                "items": [
                    _link(_("Drivers"), "person", "admin:sessions_app_driver_changelist"),
                    _link(
                        _("Driver groups"), "groups", "admin:sessions_app_drivergroup_changelist"
                    ),
                    _link(_("Tokens"), "nfc", "admin:sessions_app_idtoken_changelist"),
                ],
            },
            {
                "title": _("Money"),
                "separator": True,
                "items": [
                    _link(_("Tariffs"), "sell", "admin:billing_tariff_changelist"),
                    _link(
                        _("Who gets which tariff"),
                        "rule",
                        "admin:billing_tariffassignment_changelist",
                    ),
                    _link(_("Spot prices"), "show_chart", "admin:billing_spotprice_changelist"),
                    _link(
                        _("What-ifs"),
                        "query_stats",
                        "admin:billing_whatifrun_changelist",
                        "money",
                    ),
                    _link(
                        _("Invoices"), "receipt_long", "admin:billing_invoice_changelist", "money"
                    ),
                    _link(
                        _("Payments by QR code"),
                        "qr_code_2",
                        "admin:billing_payment_changelist",
                        "money",
                    ),
                    _link(
                        _("Terms of QR payment"),
                        "rule_settings",
                        "admin:billing_adhocterms_changelist",
                        "money",
                    ),
                    _link(
                        _("Invoice alarms"),
                        "notification_important",
                        "admin:billing_invoicealarm_changelist",
                        "money",
                    ),
                    _link(
                        _("Billing accounts"),
                        "account_balance_wallet",
                        "admin:billing_billingaccount_changelist",
                        "money",
                    ),
                    _link(
                        _("Seller on documents"),
                        "storefront",
                        "admin:billing_sellerdetails_changelist",
                        "money",
                    ),
                    _link(
                        _("Corrections"),
                        "published_with_changes",
                        "admin:billing_correction_changelist",
                        "money",
                    ),
                    _link(
                        _("Proposed credits"),
                        "price_change",
                        "admin:billing_creditproposal_changelist",
                        "money",
                    ),
                    _link(
                        _("Credit notes"),
                        "undo",
                        "admin:billing_creditnote_changelist",
                        "money",
                    ),
                    _link(
                        _("Journal"),
                        "menu_book",
                        "admin:billing_journalentry_changelist",
                        "money",
                    ),
                    _link(
                        _("Terms of reminders"),
                        "notifications_paused",
                        "admin:billing_dunningterms_changelist",
                        "money",
                    ),
                    _link(_("Stuck money"), "hourglass_bottom", "admin:stuck-money", "money"),
                    _link(
                        _("Discrepancies"),
                        "difference",
                        "admin:billing_discrepancy_changelist",
                        "money",
                    ),
                    _link(
                        _("Payouts"),
                        "account_balance",
                        "admin:billing_stripepayout_changelist",
                        "money",
                    ),
                    _link(
                        _("Stripe calls"),
                        "sync_alt",
                        "admin:billing_stripecommand_changelist",
                        "money",
                    ),
                ],
            },
            {
                "title": _("Settings"),
                "separator": True,
                "items": [
                    _link(
                        _("Repairs by themselves"),
                        "healing",
                        "admin:anomalies_repairpolicy_changelist",
                    ),
                    _link(
                        _("Who is told"),
                        "campaign",
                        "admin:anomalies_noticeaddress_changelist",
                    ),
                    _link(
                        _("Certificate authority"),
                        "verified_user",
                        "admin:chargepoints_certificateauthority_changelist",
                    ),
                    _link(_("Rules"), "tune", "admin:anomalies_rulesetting_changelist"),
                    _link(_("Members"), "group", "admin:tenants_member_changelist", "administer"),
                    _link(_("API keys"), "key", "admin:tenants_apikey_changelist", "administer"),
                    _link(
                        _("Deliveries"),
                        "local_shipping",
                        "admin:outbox_delivery_changelist",
                        "administer",
                    ),
                    _link(
                        _("Messages"),
                        "outgoing_mail",
                        "admin:outbox_message_changelist",
                        "administer",
                    ),
                ],
            },
        ],
    },
}
