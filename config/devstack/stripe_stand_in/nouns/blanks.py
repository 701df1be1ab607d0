"""Objects before anything is known about them: every field Stripe shows, with its resting value."""

from typing import Any

from config.devstack.stripe_stand_in.tables import Json, copy_json


def nulls(names: str) -> dict[str, None]:
    """Fields that are shown as null."""
    return dict.fromkeys(names.split())


NO_ADDRESS = nulls("city country line1 line2 postal_code state")
NO_BILLING_DETAILS: Json = {"address": NO_ADDRESS, **nulls("email name phone tax_id")}

BLANKS: dict[str, Json] = {
    "customer": {
        **nulls(
            "address currency customer_account default_source description discount email name "
            "phone shipping test_clock"
        ),
        "balance": 0,
        "delinquent": False,
        "invoice_settings": nulls("custom_fields default_payment_method footer rendering_options"),
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    },
    "payment_method": {
        "allow_redisplay": "unspecified",
        "billing_details": NO_BILLING_DETAILS,
        **nulls("customer customer_account"),
        "metadata": {},
        "type": "card",
    },
    "setup_intent": {
        **nulls(
            "application automatic_payment_methods cancellation_reason customer customer_account "
            "description excluded_payment_method_types flow_directions last_setup_error "
            "latest_attempt mandate next_action on_behalf_of payment_method "
            "payment_method_configuration_details single_use_mandate"
        ),
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "usage": "off_session",
    },
    "payment_intent": {
        **nulls(
            "application application_fee_amount automatic_payment_methods canceled_at "
            "cancellation_reason customer customer_account description "
            "excluded_payment_method_types last_payment_error latest_charge managed_payments "
            "next_action on_behalf_of payment_method payment_method_configuration_details "
            "processing receipt_email review setup_future_usage shipping source "
            "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
        ),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
    },
    "charge": {
        **nulls(
            "application application_fee application_fee_amount balance_transaction "
            "calculated_statement_descriptor customer description failure_balance_transaction "
            "failure_code failure_message on_behalf_of payment_intent receipt_email "
            "receipt_number receipt_url review shipping source source_transfer "
            "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
        ),
        "amount_captured": 0,
        "amount_refunded": 0,
        "disputed": False,
        "fraud_details": {},
        "metadata": {},
        "refunded": False,
    },
    "refund": {
        **nulls(
            "balance_transaction customer customer_account payment_intent payment_method reason "
            "receipt_number source_transfer_reversal transfer_reversal"
        ),
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "status": "succeeded",
    },
    "dispute": {
        **nulls("intended_submission_method network_reason_code"),
        "balance_transactions": [],
        "enhanced_eligibility_types": [],
        "is_charge_refundable": False,
        "metadata": {},
        "payment_method_details": None,
        "reason": "fraudulent",
        "status": "needs_response",
    },
    "balance_transaction": {
        **nulls("description exchange_rate"),
        "balance_type": "payments",
        "fee": 0,
        "fee_details": [],
    },
    "invoice_payment": {
        "amount_paid": None,
        "is_default": True,
        "status": "open",
        "status_transitions": nulls("canceled_at paid_at"),
    },
    "line_item": {
        **nulls("description pretax_credit_amounts quantity_decimal subscription taxes"),
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "metadata": {},
        "quantity": 1,
    },
    "invoice": {
        **nulls(
            "account_country account_name account_tax_ids amount_paid_off_stripe application "
            "automatically_finalizes_at custom_fields customer_account customer_address "
            "customer_email customer_name customer_phone customer_shipping default_payment_method "
            "default_source description due_date effective_at ending_balance footer from_invoice "
            "hosted_invoice_url invoice_pdf last_finalization_error latest_revision "
            "next_payment_attempt number on_behalf_of parent receipt_number rendering "
            "shipping_cost shipping_details statement_descriptor status_details test_clock "
            "total_pretax_credit_amounts webhooks_delivered_at"
        ),
        **dict.fromkeys(
            nulls(
                "amount_due amount_overpaid amount_paid amount_remaining amount_shipping "
                "attempt_count post_payment_credit_notes_amount pre_payment_credit_notes_amount "
                "starting_balance subtotal subtotal_excluding_tax total total_excluding_tax"
            ),
            0,
        ),
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "enabled": False,
            **nulls("disabled_reason liability provider status"),
        },
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "metadata": {},
        "payment_settings": nulls("default_mandate payment_method_options payment_method_types"),
        "status": "draft",
        "status_transitions": nulls("finalized_at marked_uncollectible_at paid_at voided_at"),
        "total_discount_amounts": [],
        "total_taxes": [],
    },
    "credit_note": {
        **nulls(
            "customer_account customer_balance_transaction effective_at memo out_of_band_amount "
            "reason shipping_cost voided_at"
        ),
        "amount_shipping": 0,
        "discount_amount": 0,
        "discount_amounts": [],
        "metadata": {},
        "pretax_credit_amounts": [],
        "refunds": [],
        "status": "issued",
    },
    "credit_note_line_item": {
        **nulls("description invoice_line_item metadata taxes unit_amount unit_amount_decimal"),
        "discount_amount": 0,
        "discount_amounts": [],
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
    },
    "tax_rate": {
        **nulls("country description effective_percentage flat_amount jurisdiction"),
        **nulls("jurisdiction_level state tax_type"),
        "active": False,
        "metadata": {},
        "rate_type": "percentage",
    },
    "checkout.session": {
        **nulls(
            "adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total "
            "billing_address_collection cancel_url client_reference_id client_secret "
            "collected_information consent consent_collection currency currency_conversion "
            "customer customer_account customer_creation customer_details customer_email "
            "discounts integration_identifier invoice invoice_creation locale managed_payments "
            "origin_context payment_intent payment_link payment_method_collection "
            "payment_method_configuration_details permissions recovered_from "
            "saved_payment_method_options setup_intent shipping_address_collection "
            "shipping_cost submit_type subscription success_url total_details url wallet_options"
        ),
        "automatic_tax": {"enabled": False, **nulls("liability provider status")},
        "custom_fields": [],
        "custom_text": nulls("after_submit shipping_address submit terms_of_service_acceptance"),
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
    },
    "payout": {
        **nulls(
            "application_fee application_fee_amount destination failure_balance_transaction "
            "failure_code failure_message original_payout payout_method reversed_by "
            "statement_descriptor"
        ),
        "automatic": True,
        "description": "STRIPE PAYOUT",
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "paid",
        "trace_id": {"status": "supported", "value": "trace"},
        "type": "bank_account",
    },
    "billing_portal.session": nulls(
        "customer_account flow locale on_behalf_of return_url",
    ),
    "billing_portal.configuration": {
        **nulls("application default_return_url name"),
        "active": True,
        "business_profile": nulls("headline privacy_policy_url terms_of_service_url"),
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": {"enabled": False},
            "payment_method_update": {"enabled": False, "payment_method_configuration": None},
            "subscription_cancel": {
                "cancellation_reason": {"enabled": False, "options": []},
                "enabled": False,
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_pause": {
                "duration": {"interval_options": [], "type": "indefinite"},
                "enabled": False,
            },
            "subscription_update": {
                "billing_cycle_anchor": None,
                "default_allowed_updates": [],
                "enabled": False,
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
    },
    "webhook_endpoint": {
        **nulls("api_version application description"),
        "metadata": {},
        "status": "enabled",
    },
}
WITHOUT_LIVEMODE = {"refund", "balance_transaction"}


def new_object(kind: str, row_id: str, created: int, **known: Any) -> Json:
    """A fresh object of a kind with what is known about it filled in."""
    row: Json = copy_json(BLANKS[kind]) | {"id": row_id, "object": kind, "created": created}
    if kind not in WITHOUT_LIVEMODE:
        row["livemode"] = False
    return row | known
