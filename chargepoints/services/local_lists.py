"""Stations' local lists of tokens: what they have accepted, and what they say they have."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chargepoints.models import LocalList

FULL = "Full"
# What `LocalList.entries` keeps of a token: its status and when it expires ("" for never).
Entries = dict[str, list[str]]


def accept_list(*, charge_point_id: UUID, payload: dict[str, Any], at: datetime) -> None:
    """Keep a SendLocalList that the station has accepted, full or differential."""
    known = _locked(charge_point_id)
    sent, removed = entries_of(payload)
    if payload["updateType"] == FULL:
        known.entries = sent
    else:
        kept = {uid: entry for uid, entry in known.entries.items() if uid not in removed}
        known.entries = {**kept, **sent}
    version = payload["listVersion"] if "listVersion" in payload else payload["versionNumber"]
    known.version = known.station_version = version
    known.problem, known.accepted_at = "", at
    known.save()


def refuse_list(*, charge_point_id: UUID, answer: str) -> None:
    """Keep why the station did not take a list."""
    known = _locked(charge_point_id)
    known.problem = answer
    known.save(update_fields=("problem",))


def note_station_version(*, charge_point_id: UUID, version: int) -> None:
    """Keep which version a station says it has; another than ours is a mismatch.

    0 is an empty list, -1 that it keeps none (OCPP 1.6 section 5.10; 2.0.1 knows only 0).
    """
    known = _locked(charge_point_id)
    known.station_version = version
    known.problem = "" if version == known.version else "VersionMismatch"
    known.save(update_fields=("station_version", "problem"))


def entries_of(payload: dict[str, Any]) -> tuple[Entries, set[str]]:
    """The tokens a SendLocalList sets, and those it removes (they come without a status)."""
    sent: Entries = {}
    removed: set[str] = set()
    for item in payload.get("localAuthorizationList", ()):
        if "idTag" in item:
            uid, info, expiry = item["idTag"], item.get("idTagInfo"), "expiryDate"
        else:
            uid, info = item["idToken"]["idToken"], item.get("idTokenInfo")
            expiry = "cacheExpiryDateTime"
        if info is None:
            removed.add(uid.upper())
        else:
            sent[uid.upper()] = [info["status"], info.get(expiry, "")]
    return sent, removed


def _locked(charge_point_id: UUID) -> LocalList:
    row, _ = LocalList.objects.select_for_update().get_or_create(charge_point_id=charge_point_id)
    return row
