"""Corrections in words: what would be done, what would not and why, and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, Refund, Settlement
from billing.selectors.correction_plans import (
    CorrectionPlan,
    PlannedCorrection,
    Refusal,
    RefusedCorrection,
    Totals,
)
from billing.types import Problem
from billing.wording import money, percent

REFUSALS: dict[str, str | Promise] = {
    Refusal.NOT_CHARGED: _("It has not been priced yet."),
    Refusal.VOIDED: _("It was voided before; a void is final."),
    Refusal.NOT_COMPLETED: _("It is still under way."),
    Refusal.HELD: _("It is held by the checks. Release it first, then correct it."),
    Refusal.INVOICE_ON_ITS_WAY: _("Its invoice is on its way to Stripe. Try again in a minute."),
    Refusal.INVOICE_BLOCKED: _("Its invoice needs a person. Look at the invoice first."),
    Refusal.CALL_UNDER_WAY: _("A call to Stripe about its invoice is not finished. Try later."),
    Refusal.DISPUTED: _(
        "The payment is disputed: the bank may take the money back itself. Wait for its decision."
    ),
    Refusal.LAST_ONE_UNDER_WAY: _("The money of its last correction is not settled yet."),
    Refusal.UNRATABLE: _("It cannot be priced as it is now."),
    Refusal.OTHER_CURRENCY: _("The tariff version is in another currency."),
    Refusal.UNCHANGED: _("It would come to the same, line by line."),
    Refusal.ON_A_COLLECTIVE_INVOICE: _(
        "It is on collective invoice %s. Agree on a credit with the customer; a session of a"
        " collective invoice cannot be corrected by itself yet."
    ),
    Refusal.WRITTEN_OFF: _("It was written off: nobody will be asked for it."),
    "changed": _("It had changed since the dry run. Make a new dry run."),
}


PROBLEMS: dict[str, str | Promise] = {
    Problem.DISPUTED: _("The payment is disputed: the bank may take the money back itself."),
    Problem.REFUNDED_BY_HAND: _("Somebody has refunded by hand in Stripe: %s."),
    Problem.REFUSED: _("Stripe refused the refund: %s"),
    Problem.CAME_BACK: _("The card's bank sent the refund back: %s."),
    Problem.NOT_SEEN: _("The payment could not be looked at in Stripe: %s"),
    Problem.NOT_WITHDRAWN: _("Invoice %s could not be withdrawn at Stripe."),
}


@dataclass(frozen=True, slots=True)
class TotalsInWords:
    """One row of the table of totals."""

    name: str
    before: str
    after: str
    difference: str
    is_sum: bool = False


def refusal_in_words(refused: RefusedCorrection) -> str:
    """Why a session is left as it is."""
    text = str(REFUSALS[refused.refusal])
    if refused.refusal is Refusal.ON_A_COLLECTIVE_INVOICE:
        return text % refused.detail
    detail = refused.detail if refused.refusal is Refusal.UNRATABLE else ""
    return f"{text} {detail}".strip()


def totals_in_words(plan: CorrectionPlan) -> list[TotalsInWords]:
    """Gross, net and VAT by rate, before and after, for each currency."""
    rows: list[TotalsInWords] = []
    after = plan.after()
    for currency, old in plan.before().items():
        new = after[currency]
        change = new + -old
        rows += [
            _row(_t("Total including VAT"), currency, _gross(old), _gross(new), is_sum=True),
            _row(_t("Excluding VAT"), currency, old.net_minor, new.net_minor),
        ]
        for rate in change.vat_minor:
            name = _t("VAT %(rate)s") % {"rate": percent(Decimal(rate))}
            pair = (old.vat_minor.get(rate, 0), new.vat_minor.get(rate, 0))
            rows.append(_row(name, currency, *pair))
    return rows


def moves_in_words(plan: CorrectionPlan) -> list[str]:
    """What happens to money, all in all."""
    sentences = {
        "refund_minor": _t("Given back: %s"),
        "collect_minor": _t("Asked for with new invoices: %s"),
        "written_off_minor": _t("Too little to charge a card, written off: %s"),
    }
    found = []
    for what, sentence in sentences.items():
        amounts = [money(minor, cur) for cur, minor in plan.moved(what).items() if minor]
        if amounts:
            found.append(sentence % ", ".join(amounts))
    withdrawn = sum(one.withdraws_invoice for one in plan.corrections)
    if withdrawn:
        found.append(_t("Unpaid invoices withdrawn: %s") % withdrawn)
    return found or [_t("No money moves.")]


def outcome_in_words(planned: PlannedCorrection) -> str:
    """What becomes of one session's documents and money."""
    parts = []
    if planned.invoice is not None:
        number = {"number": planned.invoice.number}
        parts.append(_t("Credit note for invoice %(number)s.") % number)
    else:
        parts.append(_t("No invoice was issued, so there is no credit note."))
    if planned.withdraws_invoice:
        parts.append(_t("The unpaid invoice is withdrawn at Stripe."))
    return " ".join([*parts, *_money_parts(planned)])


def _money_parts(planned: PlannedCorrection) -> list[str]:
    move, currency = planned.move, planned.charge.currency
    parts = []
    if planned.new.gross_minor and not planned.not_collected:
        parts.append(_t("New invoice of %s.") % money(planned.new.gross_minor, currency))
    if planned.not_collected:
        label = Charge.Collection(planned.not_collected).label
        parts.append(_t("Nobody is asked for the new amount: %s.") % label)
    elif move.collect_minor:
        parts.append(_t("%s is asked for.") % money(move.collect_minor, currency))
    if move.refund_minor:
        parts.append(_t("%s goes back to the card.") % money(move.refund_minor, currency))
    if move.written_off_minor:
        amount = money(move.written_off_minor, currency)
        parts.append(_t("%s is too little to charge and is written off.") % amount)
    return parts


def problem_in_words(problem: str) -> str:
    """What a settlement's problem says, with the amount or the reason it names."""
    code, _colon, detail = problem.partition(": ")
    if code == Problem.REFUNDED_BY_HAND:
        minor, _space, currency = detail.partition(" ")
        detail = money(int(minor), currency)
    sentence = str(PROBLEMS.get(code, problem))
    return sentence % detail if "%s" in sentence else sentence


def advice_for(settlement: Settlement, refunds: list[Refund]) -> str:
    """How a settlement that needs a person is mended."""
    if settlement.state != Settlement.State.NEEDS_PERSON:
        return ""
    if not refunds:
        return _t(
            "Look at the invoice in Stripe and void it there or have it paid, then try again."
        )
    if any(refund.state == Refund.State.FAILED for refund in refunds):
        return _t(
            "Ask the driver for a bank account, pay the amount there, and say below that it was "
            "given back outside of Stripe."
        )
    return _t(
        "Look at the payment in Stripe. If the driver has the money already, say so below; if the "
        "reason is gone, try again."
    )


def _gross(totals: Totals) -> int:
    return totals.gross_minor


def _row(
    name: str, currency: str, before_minor: int, after_minor: int, *, is_sum: bool = False
) -> TotalsInWords:
    change_minor = after_minor - before_minor
    sign = "+" if change_minor > 0 else ""
    return TotalsInWords(
        name,
        money(before_minor, currency),
        money(after_minor, currency),
        f"{sign}{money(change_minor, currency)}",
        is_sum,
    )
