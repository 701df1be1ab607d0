"""Signed meter values: a public record of a real meter, tampering, and what they prove."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargepoints.meter_keys import UnreadableKey, meter_key_text, read_meter_key
from sessions_app.signed import (
    BilledSession,
    OcmfUnreadable,
    SignedState,
    is_signed_by,
    judge_signed_values,
    read_ocmf,
)
from sessions_app.types import Sample
from tests.sessions_app.signing import ALGORITHMS, Meter, signed_reading

# A record that the S.A.F.E. initiative publishes with its verification software.
KEBA = (
    'OCMF|{"FV":"1.0","GI":"KEBA_KCP30","GS":"17619300","GV":"2.8.5","PG":"T32","IS":false,'
    '"IL":"NONE","IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"",'
    '"RD":[{"TM":"2019-08-13T10:03:15,000+0000 I","TX":"B","EF":"","ST":"G","RV":0.2596,'
    '"RI":"1-b:1.8.0","RU":"kWh"},{"TM":"2019-08-13T10:03:36,000+0000 R","TX":"E","EF":"",'
    '"ST":"G","RV":0.2597,"RI":"1-b:1.8.0","RU":"kWh"}]}|{"SD":"304502200E2F107C987A300AC1695CA8'
    "9EA149A8CDFA16188AF0A33EE64B67964AA943F9022100889A72B6D65364BEA8562E7F6A0253157ACFF84FE4929A"
    '93B5964D23C4265699"}'
)
KEBA_KEY = (
    "3059301306072A8648CE3D020106082A8648CE3D030107034200043AEEB45C392357820A58FDFB0857BD77ADA315"
    "85C61C430531DFA53B440AFBFDD95AC887C658EA55260F808F55CA948DF235C2108A0D6DC7D4AB1A5E1A7955BE"
)

BEGAN = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=1)
BILLED = BilledSession(10_000, BEGAN, ENDED)
PAIR = (signed_reading("B", BEGAN, 1.5), signed_reading("E", ENDED, 11.5))


def state(*texts: str, meter: Meter | None = None, billed: BilledSession = BILLED) -> SignedState:
    samples = [
        Sample(BEGAN + timedelta(minutes=number), extra={"Signed.Energy": text})
        for number, text in enumerate(texts)
    ]
    verdict = judge_signed_values(samples, billed, meter and meter.key)
    assert verdict is not None
    return verdict.state


def test_a_published_record_is_verified_and_one_digit_more_is_not() -> None:
    key = read_meter_key(KEBA_KEY)
    assert is_signed_by(read_ocmf(KEBA), key)
    assert not is_signed_by(read_ocmf(KEBA.replace("0.2597", "0.2598")), key)
    assert not is_signed_by(read_ocmf(KEBA.replace('"FV"', ' "FV"')), key)


def test_a_published_record_holds_a_tenth_of_a_watt_hour() -> None:
    begin, end = read_ocmf(KEBA).readings
    assert str(end.register_wh - begin.register_wh) == "0.1000"
    assert begin.at == datetime(2019, 8, 13, 10, 3, 15, tzinfo=UTC)
    assert not begin.is_timed


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_and_encoding_is_verified(algorithm: str, encoding: str) -> None:
    meter = Meter(algorithm)
    assert state(meter.sign(*PAIR, encoding=encoding), meter=meter) == SignedState.VERIFIED


def test_begin_and_end_may_come_in_records_of_their_own() -> None:
    meter = Meter()
    assert state(*(meter.sign(one) for one in PAIR), meter=meter) == SignedState.VERIFIED


@pytest.mark.parametrize("wrapping", ["plain", "base64", "1.6", "1.6 by another name"])
def test_what_ocpp_wraps_around_it_comes_off(wrapping: str) -> None:
    meter = Meter()
    text = meter.sign(*PAIR)
    coded = base64.b64encode(text.encode()).decode()
    wrapped = {
        "plain": text,
        "base64": coded,
        "1.6": json.dumps({"signedMeterData": coded, "encodingMethod": "OCMF"}),
        "1.6 by another name": json.dumps({"signedMeterValue": coded}),
    }
    assert state(wrapped[wrapping], meter=meter) == SignedState.VERIFIED


def test_one_tampered_record_among_good_ones_is_enough() -> None:
    meter = Meter()
    forged = meter.sign(PAIR[1]).replace("11.5", "10.5")
    assert state(meter.sign(*PAIR), forged, meter=meter) == SignedState.WRONG


def test_another_meters_signature_is_wrong_whatever_key_it_states() -> None:
    meter, other = Meter(), Meter()
    stated = {"signedMeterData": other.sign(*PAIR), "publicKey": other.key_text}
    assert state(json.dumps(stated), meter=meter) == SignedState.WRONG


def test_an_algorithm_of_another_curve_is_wrong() -> None:
    meter = Meter()
    text = meter.sign(*PAIR).replace("secp256r1", "secp256k1")
    assert state(text, meter=meter) == SignedState.WRONG


def test_without_a_registered_key_nothing_is_proved() -> None:
    assert state(Meter().sign(*PAIR)) == SignedState.NO_KEY


def test_signed_energy_that_is_not_what_is_billed_is_found() -> None:
    meter = Meter()
    text = meter.sign(*PAIR)
    cases = {10_000: "verified", 10_101: "verified", 10_102: "signed_differs", 9_898: "differs"}
    for energy_wh, expected in cases.items():
        found = state(text, meter=meter, billed=BilledSession(energy_wh, BEGAN, ENDED))
        assert found.endswith(expected), energy_wh


def test_a_coarse_station_may_differ_by_its_step() -> None:
    meter = Meter()
    exact = meter.sign(signed_reading("B", BEGAN, "1.4521"), signed_reading("E", ENDED, "11.5519"))
    for steps, expected in [((1000, 4000, 8000, 11_000), "verified"), ((), "signed_differs")]:
        billed = BilledSession(10_000, BEGAN, ENDED, steps)
        assert state(exact, meter=meter, billed=billed) == expected


def test_signed_values_of_another_session_are_found() -> None:
    meter = Meter()
    yesterday = (BEGAN - timedelta(days=1), ENDED - timedelta(days=1))
    old = meter.sign(
        signed_reading("B", yesterday[0], 1.5), signed_reading("E", yesterday[1], 11.5)
    )
    assert state(old, meter=meter) == SignedState.ELSEWHEN


@pytest.mark.parametrize("flaw", [{"ST": "M"}, {"EF": "E"}])
def test_a_meter_that_doubts_itself_is_not_believed(flaw: dict[str, str]) -> None:
    meter = Meter()
    assert state(meter.sign(PAIR[0], PAIR[1] | flaw), meter=meter) == SignedState.FAULTY


def test_an_end_alone_proves_no_energy() -> None:
    meter = Meter()
    assert state(meter.sign(PAIR[1]), meter=meter) == SignedState.INCOMPLETE


def test_energy_given_back_is_not_mistaken_for_energy_taken() -> None:
    meter = Meter()
    given = {"RI": "1-0:2.8.0", "RV": 4.405}
    rows = (PAIR[0], given, PAIR[1], given)
    assert state(meter.sign(*rows), meter=meter) == SignedState.VERIFIED


def test_another_format_is_not_called_tampered() -> None:
    assert state("0a0b0c", meter=Meter()) == SignedState.OTHER_FORMAT


DAMAGED: dict[str, Any] = {
    "no signature": "OCMF|{}",
    "no json": "OCMF|{|{}",
    "no readings": 'OCMF|{}|{"SD":"00"}',
    "deep": "OCMF|" + "[" * 100_000 + '|{"SD":"00"}',
    "no hex": 'OCMF|{"RD":[]}|{"SD":"xy"}',
    "unknown algorithm": 'OCMF|{"RD":[]}|{"SA":"none","SD":"00"}',
    "algorithm that is no text": 'OCMF|{"RD":[]}|{"SA":[],"SD":"00"}',
    "no number": 'OCMF|{"RD":[{"RU":"kWh","RV":"x"}]}|{"SD":"00"}',
    "not a number": 'OCMF|{"RD":[{"RU":"kWh","RV":NaN}]}|{"SD":"00"}',
    "huge": 'OCMF|{"RD":[{"RU":"kWh","RV":1e99999999}]}|{"SD":"00"}',
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_called_unreadable(name: str) -> None:
    with pytest.raises(OcmfUnreadable):
        read_ocmf(DAMAGED[name])
    assert state(DAMAGED[name], meter=Meter()) == SignedState.UNREADABLE


def key_forms() -> dict[str, str]:
    der = bytes.fromhex(KEBA_KEY)
    coded = base64.b64encode(der).decode()
    envelope = f"oca:base16:asn1:{KEBA_KEY}"
    return {
        "hex": KEBA_KEY.lower(),
        "spaced": " ".join(KEBA_KEY[at : at + 4] for at in range(0, len(KEBA_KEY), 4)),
        "base64": coded,
        "pem": f"-----BEGIN PUBLIC KEY-----\n{coded}\n-----END PUBLIC KEY-----\n",
        "envelope": envelope,
        "as 2.0.1 states it": base64.b64encode(envelope.encode()).decode(),
        "hex in base64": base64.b64encode(KEBA_KEY.encode()).decode(),
    }


@pytest.mark.parametrize("form", key_forms())
def test_a_key_is_the_same_in_every_form(form: str) -> None:
    assert meter_key_text(read_meter_key(key_forms()[form])) == KEBA_KEY


@pytest.mark.parametrize("text", ["", "nyckel", "30", KEBA_KEY[:-2], "åäö", "MTIz", "-----BEGIN"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UnreadableKey):
        read_meter_key(text)
