"""A bill can be computed again for ever; what was tampered with is found to the öre."""

from __future__ import annotations

import json
import zlib
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Charge, Tariff, TariffVersion
from billing.rating import TariffFacts
from billing.services import rerating
from billing.services.rerating import CheckedCharge, charges_between, check_charges
from billing.services.tariffs import publish_tariff_version
from chargepoints.models import Site
from config.devstack.stripe_stand_in import StandIn
from sessions_app.models import ChargingSession, MeterSample
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.bills import (
    HOUR,
    SPOT,
    a_bill,
    a_bill_of,
    a_tariff_of,
    as_owner,
    random_bills,
    record_slot,
)
from tests.billing.correction_scenes import (
    RE_RATE,
    VOID,
    a_paid_session,
    another_version,
    correct,
)
from tests.billing.rating_cases import Drive, drives, tariffs
from tests.cast import NOON, a_tariff, a_tenant, prices

UNTOUCHED: tuple[int, int, None] = (0, 0, None)


def checked() -> list[CheckedCharge]:
    everything = charges_between(date_from=None, date_to=None, time_zone="Europe/Stockholm")
    return list(check_charges(everything))


def only() -> CheckedCharge:
    (found,) = checked()
    return found


def result() -> tuple[int, int, object]:
    """How many differences the only bill has, by how much, and what changed since."""
    found = only()
    return len(found.differences), found.off_by_minor, found.change


def rerate(*options: str) -> str:
    out = StringIO()
    call_command("rerate", "--check", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def refused(*options: str) -> tuple[str, str]:
    """What is printed, and the error it ends with."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("rerate", "--check", *options, stdout=out, stderr=StringIO())
    return out.getvalue(), str(error.value)


class TestABillStands:
    """Whatever happens to what it was made from, it is computed the same: 0 öre."""

    def test_nothing_happened(self, tariff: TariffVersion) -> None:
        a_bill()
        assert result() == UNTOUCHED

    def test_the_tariff_has_a_new_version(self, tariff: TariffVersion) -> None:
        a_bill()
        publish_tariff_version(
            tariff_id=tariff.tariff_id, prices=prices("9.00"), valid_from=NOON + HOUR, now=NOON
        )
        assert result() == UNTOUCHED

    def test_the_tariff_is_renamed(self, tariff: TariffVersion) -> None:
        a_bill()
        Tariff.objects.update(name="Summer")
        assert result() == UNTOUCHED

    def test_the_version_is_edited_behind_our_back(self, tariff: TariffVersion) -> None:
        a_bill()
        as_owner(
            "UPDATE billing_tariffversion SET document = replace(document::text, '\"4\"', '\"5\"')"
            "::jsonb"
        )
        found = only()
        assert found.differences == ()
        assert found.change is not None
        assert found.change.parts == ("tariff",)
        assert found.change_minor == 900

    def test_its_samples_are_deleted(self, volt: Tenant) -> None:
        a_tariff_of(SPOT)
        record_slot(NOON, "1.00")
        record_slot(NOON + HOUR / 4, "5.00")
        a_bill()
        MeterSample.objects.filter(at__gt=NOON, at__lt=NOON + HOUR / 2).delete()
        MeterSample.objects.filter(at=NOON + HOUR / 2).update(energy_wh=1_000)
        found = only()
        assert (found.differences, found.off_by_minor) == ((), 0)
        assert found.change is not None
        assert found.change.parts == ("session",)
        assert found.change_minor != 0

    def test_a_price_is_revised_later(self, volt: Tenant) -> None:
        a_tariff_of(SPOT)
        record_slot(NOON, "1.00")
        charge = a_bill()
        record_slot(NOON, "9.00", revision=2, known_at=charge.rated_at + HOUR)
        assert result() == UNTOUCHED

    def test_a_price_that_was_known_is_tampered_with(self, volt: Tenant) -> None:
        a_tariff_of(SPOT)
        record_slot(NOON, "1.00")
        a_bill()
        as_owner("UPDATE billing_spotprice SET price = 2")
        found = only()
        assert found.differences == ()
        # 2,250 Wh at (1.00 + 0.10) x 1.25 and 6,750 Wh at 3.00 were 23.34375 kr; at 2.10 x 1.25
        # they are 26.15625 kr.
        assert (found.change_minor, found.change and found.change.parts) == (282, ("spot",))

    def test_the_site_is_moved_to_another_time_zone(self, tariff: TariffVersion) -> None:
        a_bill()
        Site.objects.update(time_zone="Europe/Helsinki")
        found = only()
        assert found.differences == ()
        assert found.change is not None
        assert found.change.parts == ("session",)
        assert found.change_minor == 0

    def test_a_session_that_ended_never_by_now_is_told(self, tariff: TariffVersion) -> None:
        a_bill()
        ChargingSession.objects.update(started_at=None)
        change = only().change
        assert change is not None
        assert change.gross_minor is None
        assert "no start" in change.problem
        assert "can not be rated today" in rerate()

    @random_bills
    @given(drives(), tariffs(), st.integers(20, 400), st.sampled_from([1, 10, 100]))
    def test_any_session_under_any_tariff(
        self, volt: Tenant, drive: Drive, facts: TariffFacts, step_s: int, resolution_wh: int
    ) -> None:
        with transaction.atomic():
            a_tariff_of(facts)
            a_bill_of(drive.read_every(step_s, resolution_wh))
            MeterSample.objects.all().delete()
            found = only()
            assert (found.differences, found.off_by_minor) == ((), 0)
            transaction.set_rollback(True)


class TestTampering:
    """A changed row is named, with what it should be."""

    @pytest.mark.parametrize(
        ("statement", "where", "off_by_minor"),
        [
            (
                (
                    "UPDATE billing_charge SET gross_minor = gross_minor + 137,"
                    " net_minor = net_minor + 137"
                ),
                ["total including VAT", "total excluding VAT"],
                137,
            ),
            (
                (
                    "UPDATE billing_chargeline SET gross_minor = gross_minor - 25,"
                    " vat_minor = vat_minor - 25"
                ),
                [
                    "booked including VAT",
                    "booked VAT",
                    "line 1 (energy) including VAT",
                    "line 1 (energy) VAT",
                ],
                25,
            ),
            (
                "UPDATE billing_chargeline SET unit_price = 3.99",
                ["line 1 (energy) unit_price"],
                0,
            ),
            (
                "DELETE FROM billing_chargeline",
                [
                    "booked including VAT",
                    "booked excluding VAT",
                    "booked VAT",
                    "line 1 (energy) including VAT",
                ],
                3_600,
            ),
            (
                (
                    "UPDATE billing_charge SET"
                    " explanation = jsonb_set(explanation, '{gross_minor}', '3599')"
                ),
                ["explained total including VAT"],
                0,
            ),
            ("UPDATE billing_charge SET energy_wh = 8999", ["energy (Wh)"], 0),
            (
                "UPDATE billing_charge SET inputs_hash = repeat('0', 64)",
                ["hash of the inputs as stored", "hash of the inputs as read"],
                0,
            ),
            ("UPDATE billing_charge SET rules_version = '1'", ["version of the rules"], 0),
        ],
    )
    def test_it_is_named(
        self, tariff: TariffVersion, statement: str, where: list[str], off_by_minor: int
    ) -> None:
        a_bill()
        as_owner(statement)
        found = only()
        assert [one.where for one in found.differences] == where
        assert found.off_by_minor == off_by_minor

    def test_other_inputs_have_another_hash_and_another_price(self, tariff: TariffVersion) -> None:
        charge = a_bill()
        other = a_bill("2", energy_wh=9_500)
        as_owner("UPDATE billing_charge SET inputs = %s WHERE id = %s", other.inputs, charge.pk)
        found = {one.charge.pk: one for one in checked()}[charge.pk]
        names = [one.where for one in found.differences]
        assert names[:3] == [
            "hash of the inputs as stored",
            "hash of the inputs as read",
            "hash on the bill",
        ]
        assert found.off_by_minor == 200

    @pytest.mark.parametrize("inputs", [b"nonsense", zlib.compress(b"[]"), zlib.compress(b"{")])
    def test_unreadable_inputs_are_a_difference(self, tariff: TariffVersion, inputs: bytes) -> None:
        a_bill()
        as_owner("UPDATE billing_charge SET inputs = %s", inputs)
        assert [one.where for one in only().differences] == ["frozen inputs"]

    def test_a_bill_booked_otherwise_is_found(self, tariff: TariffVersion) -> None:
        a_bill()
        as_owner("UPDATE billing_posting SET amount_minor = amount_minor + 7 WHERE amount_minor>0")
        (found,) = only().differences
        assert (found.where, found.stored, found.computed, found.minor) == (
            "booked including VAT",
            "3607",
            "3600",
            -7,
        )


class TestTheCommand:
    """`manage.py rerate`."""

    def test_without_check_it_changes_nothing_and_says_where_to_go(self) -> None:
        out = StringIO()
        call_command("rerate", stdout=out)
        assert "in the admin" in out.getvalue()

    def test_bills_as_they_were(self, tariff: TariffVersion) -> None:
        a_bill()
        assert rerate() == "1 charges checked, 0 differ\nEvery bill is what it was.\n"

    def test_corrected_and_voided_bills_are_what_they_were(
        self, tariff: TariffVersion, stand_in: StandIn
    ) -> None:
        session = a_paid_session()
        correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
        correct(session, VOID)
        assert rerate() == "2 charges checked, 0 differ\nEvery bill is what it was.\n"

    def test_a_difference_is_told_and_is_an_error(self, tariff: TariffVersion) -> None:
        charge = a_bill()
        as_owner("UPDATE billing_charge SET gross_minor = 3601, net_minor = 2881")
        printed, error = refused()
        name = f"volt session {charge.session_id} revision 1: total"
        assert printed.splitlines() == [
            f"{name} including VAT: stored 3601, computed 3600 (-1 SEK minor units)",
            f"{name} excluding VAT: stored 2881, computed 2880 (-1 SEK minor units)",
            "1 charges checked, 1 differ, by 1 SEK in minor units",
        ]
        assert error == "not every bill is what it was"

    def test_as_json_it_is_one_object_a_line(self, tariff: TariffVersion) -> None:
        charge = a_bill()
        as_owner("UPDATE billing_charge SET gross_minor = 3601, net_minor = 2881")
        found, last = (json.loads(line) for line in refused("--json")[0].splitlines())
        assert (found["tenant"], found["session"]) == ("volt", str(charge.session_id))
        assert (found["off_by_minor"], len(found["differences"])) == (1, 2)
        assert last["summary"]["differing_minor"] == {"SEK": 1}
        assert (last["summary"]["checked"], last["summary"]["unknown_rules"]) == (1, {})

    def test_other_rules_are_counted_and_named(
        self, tariff: TariffVersion, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("inputs", "engine"):
            monkeypatch.setattr(f"billing.rating.{module}.RULES_VERSION", "0")
        a_bill()
        monkeypatch.undo()
        printed, _error = refused()
        assert "1 charges were NOT checked: rated by rules 0" in printed
        assert "1 charges checked, 0 differ" in printed

    def test_every_organisation_is_checked_in_its_own_scope(self, tariff: TariffVersion) -> None:
        a_bill()
        ampere = a_tenant("ampere")
        with tenant_scope(ampere.id):
            a_tariff()
            other = a_bill()
        as_owner(
            "UPDATE billing_charge SET gross_minor = 3500, net_minor = 2780 WHERE id = %s",
            other.pk,
        )
        assert "2 charges checked, 1 differ, by 100 SEK" in refused()[0]
        assert "1 charges checked, 0 differ" in rerate("--tenant", "volt")

    @pytest.mark.parametrize(
        ("options", "count"),
        [
            (("--from", "2026-06-02"), 1),
            (("--to", "2026-06-01"), 2),
            (("--from", "2026-06-01", "--to", "2026-06-02"), 3),
            (("--tariff", "Standard"), 3),
        ],
    )
    def test_a_period_is_local_days_both_included(
        self, tariff: TariffVersion, options: tuple[str, ...], count: int
    ) -> None:
        a_bill("1")
        # It ends at 23:59 in Stockholm; the next at midnight.
        a_bill("2", start_at=NOON + HOUR * 8.98)
        a_bill("3", start_at=NOON + HOUR * 9)
        assert f"{count} charges checked" in rerate(*options)

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            (("--from", "june"), "--from: june is no date; write 2026-06-01"),
            (("--from", "2026-06-02", "--to", "2026-06-01"), "--from: is after --to"),
            (("--tenant", "nobody"), "--tenant: no organisation has the short name nobody"),
            (("--tariff", "Winter"), "--tariff: no tariff is called Winter"),
        ],
    )
    def test_a_mistyped_option_is_named(
        self, tariff: TariffVersion, options: tuple[str, ...], error: str
    ) -> None:
        assert refused(*options) == ("", error)

    def test_many_bills_are_read_in_pieces(
        self, tariff: TariffVersion, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rerating, "CHUNK", 2)
        for number in range(5):
            a_bill(str(number))
        assert len({found.charge.pk for found in checked()}) == Charge.objects.count() == 5

    def test_nothing_is_written(self, tariff: TariffVersion) -> None:
        a_bill()
        written: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            written.extend([sql] if not sql.lstrip().startswith(("SELECT", "SET")) else [])
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            rerate()
        assert written == []
