"""What journal entries are about, in the language in force."""

from __future__ import annotations

from django.utils.translation import gettext as _t


def entry_text(description: str) -> str:
    """The text of an entry the platform made, translated; what people wrote stays as it is."""
    templates = (
        ("Session ", _t("Session %s")),
        ("Invoice ", _t("Payment, invoice %s")),
        ("Correction ", _t("Taken back, session %s")),
        ("Refund ", _t("Refund, invoice %s")),
        ("Stripe ", _t("Moved at Stripe, %s")),
        ("Fees ", _t("Fees, %s")),
        ("Discrepancy ", _t("Discrepancy, %s")),
        ("Written off ", _t("Too little to collect, session %s")),
    )
    for mark, template in templates:
        if description.startswith(mark):
            return template % description.removeprefix(mark)
    return description
