"""Remote start and stop speak the station's OCPP version."""

from __future__ import annotations

import pytest

from chargepoints.models import ChargePoint
from sessions_app.services import request_start, request_stop
from tests.cast import a_session


@pytest.mark.parametrize(
    ("version", "action", "content"),
    [
        ("1.6", "RemoteStopTransaction", {"transactionId": 17}),
        ("2.0.1", "RequestStopTransaction", {"transactionId": "17"}),
    ],
)
def test_a_stop_names_the_transaction(
    charge_point: ChargePoint, version: str, action: str, content: dict[str, object]
) -> None:
    ChargePoint.objects.update(ocpp_version=version)
    command = request_stop(session=a_session(charge_point, "17"), requested_by="Ada")
    assert (command.action, command.payload, command.requested_by) == (action, content, "Ada")


def test_a_start_names_token_and_outlet(charge_point: ChargePoint) -> None:
    command = request_start(
        charge_point=charge_point,
        connector=charge_point.connectors.get(),
        token_uid="AABBCC",
        requested_by="Ada",
    )
    assert command.payload == {"idTag": "AABBCC", "connectorId": 1}
