"""Old sessions' samples, packed and read as before; the table's days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.models import ChargingSession, MeterSample, SealedSamples
from sessions_app.sealed import open_rows, seal_rows
from sessions_app.selectors import SAMPLE_COLUMNS, samples_after, session_samples
from sessions_app.services import drop_empty_days, prepare_days, seal_ended_sessions
from sessions_app.services.sample_days import first_id, prepared_days
from tenants.scope import across_tenants
from tests.sessions_app.talk import Talk, the_session, values

FAR = date(2199, 1, 1)
times = st.datetimes(timezones=st.just(UTC))
numbers = st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1)
extras = st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)


# One of each kind of column.
NAMES = ("at", "context", "seq", "extra")
rows = st.tuples(times, st.text(max_size=12), numbers, extras)


def seal_everything() -> int:
    """Pack all that may be, as if tomorrow were long gone."""
    with across_tenants(reason="the test seals"):
        return seal_ended_sessions(before=timezone.now() + timedelta(days=1))


def ended_session(talk: Talk, *readings: int) -> ChargingSession:
    """A session that was cleared, with a reading every minute."""
    number = talk.start()
    for minute, wh in enumerate(readings, 1):
        talk.say(values(number, minute, wh))
    session = the_session()
    state, gate = ChargingSession.State.COMPLETED, ChargingSession.Gate.CLEARED
    ChargingSession.objects.update(state=state, gate=gate, completed_at=timezone.now())
    session.refresh_from_db()
    return session


@given(st.lists(rows, min_size=1, max_size=4))
def test_what_is_packed_comes_out_the_same(given_rows: list[tuple[Any, ...]]) -> None:
    assert open_rows(NAMES, seal_rows(NAMES, given_rows)) == given_rows


def test_a_column_that_came_later_is_empty_in_an_old_seal() -> None:
    assert open_rows(("seq", "new"), seal_rows(("seq",), [(1,), (2,)])) == [(1, None), (2, None)]


def test_a_sample_of_eight_values_takes_less_than_thirty_bytes() -> None:
    dice, start = Random(8), datetime(2026, 6, 1, 12, tzinfo=UTC)
    wh, packed = 1_000_000, []
    for number in range(120):
        ma = [15_900 + dice.randrange(200) for _ in range(3)]
        mv = [230_000 + dice.randrange(2_000) for _ in range(3)]
        power_w = sum(a * v for a, v in zip(ma, mv, strict=True)) // 1_000_000
        wh += power_w // 60
        at = start + timedelta(minutes=number)
        late = at + timedelta(microseconds=dice.randrange(900_000))
        packed.append(
            (number, late, at, "periodic", wh, power_w, None, *ma, None, *mv, None, None, None)
        )
    assert len(seal_rows(SAMPLE_COLUMNS, packed)) < 30 * len(packed)


def test_a_sealed_session_reads_as_before(old: Talk) -> None:
    session = ended_session(old, 2_000, 3_000, 4_000)
    before = session_samples(session.id), samples_after(session.id, 1)
    assert seal_everything() == 1
    assert MeterSample.objects.count() == 0
    assert SealedSamples.objects.get().count == 3
    assert (session_samples(session.id), samples_after(session.id, 1)) == before


def test_a_late_reading_joins_the_others(old: Talk) -> None:
    session = ended_session(old, 2_000, 3_000)
    seal_everything()
    old.say(values(int(session.transaction_ref), 3, 4_000))
    assert [sample.energy_wh for sample in session_samples(session.id)] == [2_000, 3_000, 4_000]
    assert (MeterSample.objects.count(), SealedSamples.objects.count()) == (3, 0)


@pytest.mark.parametrize(
    "change", [{"state": "open"}, {"gate": "held"}, {"completed_at": "2999-01-01T00:00:00Z"}]
)
def test_a_session_that_may_change_is_left_as_it_is(old: Talk, change: dict[str, str]) -> None:
    ended_session(old, 2_000)
    ChargingSession.objects.update(**change)
    assert (seal_everything(), MeterSample.objects.count()) == (0, 1)


def test_sealing_twice_changes_nothing(old: Talk) -> None:
    ended_session(old, 2_000, 3_000)
    assert (seal_everything(), seal_everything()) == (1, 0)


@pytest.mark.django_db
class TestDays:
    """One partition a day, by the time at which a session's id was made."""

    def test_the_week_to_come_is_prepared_once(self) -> None:
        assert (prepare_days(FAR), prepare_days(FAR)) == (8, 0)
        assert prepared_days()[-8:] == [FAR + timedelta(days=number) for number in range(8)]

    def test_a_sample_lies_in_the_day_of_its_session(self) -> None:
        prepare_days(FAR)
        assert day_of(first_id(FAR)) == "day_2199-01-01"
        assert day_of(UUID(int=first_id(FAR + timedelta(days=1)).int - 1)) == "day_2199-01-01"
        assert day_of(UUID(int=first_id(FAR).int - 1)) == "others"

    def test_a_day_that_has_samples_among_the_others_stays_there(self) -> None:
        day_of(first_id(FAR))
        assert (prepare_days(FAR), prepared_days()[-7]) == (7, FAR + timedelta(days=1))

    def test_an_empty_day_that_is_over_is_dropped(self) -> None:
        prepare_days(FAR)
        day_of(first_id(FAR))
        drop_empty_days(FAR + timedelta(days=3))
        assert prepared_days()[-6:-4] == [FAR, FAR + timedelta(days=3)]

    def test_nobody_reads_around_the_policy(self) -> None:
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT * FROM sample_days.others")


def day_of(session_id: UUID) -> str:
    """Store a sample of a session with this id; the name of the partition it came to."""
    with across_tenants(reason="the test looks at the table"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sessions_app_metersample"
            " (tenant_id, session_id, at, received_at, seq, context)"
            " VALUES (gen_random_uuid(), %s, now(), now(), 1, 'periodic')",
            [session_id],
        )
        cursor.execute(
            "SELECT c.relname FROM sessions_app_metersample s JOIN pg_class c ON c.oid = s.tableoid"
            " WHERE s.session_id = %s",
            [session_id],
        )
        return str(cursor.fetchone()[0])
