"""The audit of the books: do they agree with themselves, with charges, invoices and payments?"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

# Each query finds what must not be; its columns go into its sentence. They see what the tenant
# scope in force shows.
_RULES: tuple[tuple[str, str], ...] = (
    (
        "entry {} is out of balance by {} {}",
        """SELECT e.ref, sum(p.amount_minor), a.currency
             FROM billing_journalentry e
             JOIN billing_posting p ON p.entry_id = e.id
             JOIN billing_ledgeraccount a ON a.id = p.account_id
            GROUP BY e.id, a.currency HAVING sum(p.amount_minor) <> 0""",
    ),
    (
        "entry {} has {} of its {} postings",
        """SELECT e.ref, count(p.id), e.posting_count
             FROM billing_journalentry e LEFT JOIN billing_posting p ON p.entry_id = e.id
            GROUP BY e.id HAVING count(p.id) <> e.posting_count""",
    ),
    (
        "charge {} of {} is not what its lines come to ({})",
        """SELECT c.id, c.gross_minor, coalesce(sum(l.gross_minor), 0)
             FROM billing_charge c LEFT JOIN billing_chargeline l ON l.charge_id = c.id
            GROUP BY c.id
           HAVING c.gross_minor <> coalesce(sum(l.gross_minor), 0)
               OR c.vat_minor <> coalesce(sum(l.vat_minor), 0)""",
    ),
    (
        "charge {} of {} is booked as {}",
        """SELECT c.id, c.gross_minor, coalesce(sum(p.amount_minor), 0)
             FROM billing_charge c
             LEFT JOIN billing_journalentry e
               ON e.tenant_id = c.tenant_id AND e.ref = 'charge:' || c.id
             LEFT JOIN billing_posting p ON p.entry_id = e.id AND p.account_id IN
                       (SELECT id FROM billing_ledgeraccount WHERE code = 'receivable')
            GROUP BY c.id HAVING c.gross_minor <> coalesce(sum(p.amount_minor), 0)""",
    ),
    (
        "invoice {} of {} is not its charge ({})",
        """SELECT i.number, i.total_minor, c.gross_minor
             FROM billing_invoice i JOIN billing_charge c ON c.id = i.charge_id
            WHERE i.total_minor <> c.gross_minor OR i.vat_minor <> c.vat_minor""",
    ),
    (
        "invoice {} of {} is not what its lines come to ({})",
        """SELECT i.number, i.total_minor, coalesce(sum(l.gross_minor), 0)
             FROM billing_invoice i LEFT JOIN billing_invoiceline l ON l.invoice_id = i.id
            GROUP BY i.id
           HAVING i.total_minor <> coalesce(sum(l.gross_minor), 0)
               OR i.vat_minor <> coalesce(sum(l.vat_minor), 0)""",
    ),
    (
        "line {} of invoice {} is {}, but what it covers comes to {}",
        """SELECT l.position, i.number, l.gross_minor, coalesce(sum(c.gross_minor), 0)
             FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id
             LEFT JOIN billing_invoicedline p ON p.invoice_line_id = l.id
             LEFT JOIN billing_chargeline c ON c.id = p.charge_line_id
            GROUP BY l.id, i.number
           HAVING l.gross_minor <> coalesce(sum(c.gross_minor), 0)
               OR l.vat_minor <> coalesce(sum(c.vat_minor), 0)""",
    ),
    (
        "charge {} is on an invoice with {} of its {} lines",
        """SELECT c.id, count(p.id), count(l.id)
             FROM billing_charge c JOIN billing_chargeline l ON l.charge_id = c.id
             LEFT JOIN billing_invoicedline p ON p.charge_line_id = l.id AND p.is_live
            GROUP BY c.id HAVING count(p.id) NOT IN (0, count(l.id))""",
    ),
    (
        "invoice {} is {} but its payment is booked as {}",
        """SELECT i.number, i.state, coalesce(sum(p.amount_minor), 0)
             FROM billing_invoice i
             LEFT JOIN billing_journalentry e
               ON e.tenant_id = i.tenant_id AND e.ref = 'invoice:' || i.id || ':paid'
             LEFT JOIN billing_posting p ON p.entry_id = e.id AND p.account_id IN
                       (SELECT id FROM billing_ledgeraccount WHERE code = 'stripe_pending')
            GROUP BY i.id
           HAVING coalesce(sum(p.amount_minor), 0)
               <> CASE WHEN i.state = 'paid' THEN i.total_minor - i.settled_minor ELSE 0 END""",
    ),
    (
        "receivables of {} are {} {}, but {} are unpaid",
        """SELECT t.slug, coalesce(booked.total, 0), coalesce(booked.currency, owed.currency),
                  coalesce(owed.total, 0)
             FROM (SELECT p.tenant_id, a.currency, sum(p.amount_minor) AS total
                     FROM billing_posting p JOIN billing_ledgeraccount a ON a.id = p.account_id
                    WHERE a.code = 'receivable' GROUP BY p.tenant_id, a.currency) booked
             FULL JOIN (SELECT tenant_id, currency, sum(amount) AS total
                          FROM (SELECT c.tenant_id, c.currency, c.gross_minor AS amount
                                  FROM billing_charge c
                                 UNION ALL
                                SELECT k.tenant_id, k.currency, -k.old_gross_minor
                                  FROM billing_correction k
                                 UNION ALL
                                SELECT i.tenant_id, i.currency, i.settled_minor - i.total_minor
                                  FROM billing_invoice i WHERE i.state = 'paid'
                                 UNION ALL
                                SELECT r.tenant_id, r.currency, r.amount_minor
                                  FROM billing_refund r
                                 WHERE r.state IN ('given', 'dashboard', 'elsewhere')
                                 UNION ALL
                                SELECT y.tenant_id, y.currency, y.refunded_minor
                                       - y.captured_minor - y.written_off_minor
                                  FROM billing_payment y
                                 UNION ALL
                                SELECT w.tenant_id, w.currency, -w.amount_minor
                                  FROM billing_writeoff w
                                 UNION ALL
                                SELECT s.tenant_id, k.currency, -s.written_off_minor
                                  FROM billing_settlement s
                                  JOIN billing_correction k ON k.id = s.correction_id) part
                         GROUP BY tenant_id, currency) owed
               ON owed.tenant_id = booked.tenant_id AND owed.currency = booked.currency
             JOIN tenants_tenant t ON t.id = coalesce(booked.tenant_id, owed.tenant_id)
            WHERE coalesce(booked.total, 0) <> coalesce(owed.total, 0)""",
    ),
    (
        "payment {} captured {}, but {} are booked",
        """SELECT y.id, y.captured_minor, coalesce(sum(p.amount_minor), 0)
             FROM billing_payment y
             LEFT JOIN billing_journalentry e
               ON e.tenant_id = y.tenant_id AND e.ref = 'payment:' || y.id || ':captured'
             LEFT JOIN billing_posting p ON p.entry_id = e.id AND p.account_id IN
                       (SELECT id FROM billing_ledgeraccount WHERE code = 'stripe_pending')
            GROUP BY y.id HAVING y.captured_minor <> coalesce(sum(p.amount_minor), 0)""",
    ),
    (
        "payment {} says {} were refunded, its refunds come to {}",
        """SELECT y.id, y.refunded_minor, coalesce(sum(r.amount_minor), 0)
             FROM billing_payment y
             LEFT JOIN billing_paymentrefund r ON r.payment_id = y.id AND r.state = 'given'
            GROUP BY y.id HAVING y.refunded_minor <> coalesce(sum(r.amount_minor), 0)""",
    ),
    (
        "corrected charge {} of {} is taken back by {}",
        """SELECT c.id, c.gross_minor, coalesce(sum(p.amount_minor), 0)
             FROM billing_charge c JOIN billing_correction k ON k.old_charge_id = c.id
             LEFT JOIN billing_journalentry e
               ON e.tenant_id = c.tenant_id AND e.ref = 'charge:' || c.id || ':reversed'
             LEFT JOIN billing_posting p ON p.entry_id = e.id AND p.account_id IN
                       (SELECT id FROM billing_ledgeraccount WHERE code = 'receivable')
            GROUP BY c.id HAVING c.gross_minor <> -coalesce(sum(p.amount_minor), 0)""",
    ),
    (
        "invoice {} of corrected charge {} has no credit note of {}",
        """SELECT i.number, i.charge_id, i.total_minor
             FROM billing_invoice i JOIN billing_correction k ON k.old_charge_id = i.charge_id
             LEFT JOIN billing_creditnote n
               ON n.invoice_id = i.id AND n.correction_id = k.id
              AND n.total_minor = i.total_minor AND n.vat_minor = i.vat_minor
            WHERE n.id IS NULL""",
    ),
    (
        "the settled correction of charge {} leaves {} at Stripe for a charge of {}",
        """WITH held AS (
               SELECT k.id, k.old_charge_id, k.new_charge_id, k.new_gross_minor,
                      coalesce((SELECT sum(i.total_minor - i.settled_minor)
                                  FROM billing_invoice i JOIN billing_charge c ON c.id = i.charge_id
                                 WHERE c.session_id = k.session_id AND i.state = 'paid'), 0)
                      - coalesce((SELECT sum(r.amount_minor)
                                    FROM billing_refund r
                                    JOIN billing_settlement t ON t.id = r.settlement_id
                                    JOIN billing_correction o ON o.id = t.correction_id
                                   WHERE o.session_id = k.session_id
                                     AND r.state IN ('given', 'dashboard', 'elsewhere')), 0)
                      AS minor
                 FROM billing_correction k
                 JOIN billing_settlement s ON s.correction_id = k.id AND s.state = 'done')
           SELECT old_charge_id, minor, new_gross_minor FROM held
            WHERE minor > new_gross_minor AND NOT EXISTS
                  (SELECT 1 FROM billing_correction later
                    WHERE later.old_charge_id = held.new_charge_id)""",
    ),
    (
        "credit note numbers of {} have a gap: {} up to {}",
        """SELECT t.slug, count(n.id), max(n.number)
             FROM billing_creditnote n JOIN tenants_tenant t ON t.id = n.tenant_id
            GROUP BY t.slug HAVING count(n.id) <> max(n.number)""",
    ),
    (
        "invoice numbers of {} have a gap: {} up to {}",
        """SELECT t.slug, count(i.id), max(i.number)
             FROM billing_invoice i JOIN tenants_tenant t ON t.id = i.tenant_id
            GROUP BY t.slug HAVING count(i.id) <> max(i.number)""",
    ),
)


def ledger_faults() -> list[str]:
    """Every fault in the books of the tenants in scope, as a sentence; empty when all is well."""
    return list(_faults())


def _faults() -> Iterator[str]:
    with connection.cursor() as cursor:
        for sentence, query in _RULES:
            cursor.execute(query)
            for row in cursor.fetchall():
                yield sentence.format(*row)
