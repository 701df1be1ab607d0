"""SignCertificate, in every version that has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chargepoints.models import ChargePoint, SigningRequest
from chargepoints.routing import Station, answers
from chargepoints.services.signing import PURPOSE_OF, take_request
from chargepoints.types import V16

DEFAULT = "ChargingStationCertificate"


class CertificateHandlers(Station):
    """A station that wants its own certificate signed."""

    @answers("SignCertificate")
    def answer_sign_certificate(
        self, payload: dict[str, Any], received_at: datetime
    ) -> dict[str, Any]:
        """The request is checked and kept; an authority of the operator's signs it at once."""
        asked = take_request(
            charge_point=ChargePoint.objects.get(pk=self.connection.charge_point_id),
            csr=payload["csr"],
            purpose=PURPOSE_OF[payload.get("certificateType", DEFAULT)],
            request_id=payload.get("requestId"),
            now=received_at,
        )
        if asked.state not in (SigningRequest.State.REFUSED, SigningRequest.State.REJECTED):
            return {"status": "Accepted"}
        if self.connection.version == V16:
            return {"status": "Rejected"}
        reason = {"reasonCode": "InvalidCSR", "additionalInfo": asked.problem}
        return {"status": "Rejected", "statusInfo": reason}
