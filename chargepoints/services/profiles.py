"""Which profile a station has: chosen when it boots, and again when profiles change."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chargepoints.models import ChargePoint, ModelProfile


def assign_profile(*, charge_point_id: UUID) -> ModelProfile | None:
    """Give the station the profile that fits what it says it is; returns it, None if none does."""
    with transaction.atomic():
        charge_point = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point_id)
        profile = fitting_profile(charge_point, list(ModelProfile.objects.all()))
        ChargePoint.objects.filter(pk=charge_point_id).update(profile=profile)
    return profile


def assign_profiles() -> int:
    """Choose again for every station of the tenant in scope; returns how many changed theirs."""
    with transaction.atomic():
        profiles = list(ModelProfile.objects.all())
        moved = []
        for charge_point in ChargePoint.objects.select_for_update(no_key=True).order_by("id"):
            profile = fitting_profile(charge_point, profiles)
            if charge_point.profile_id != (profile and profile.pk):
                charge_point.profile = profile
                moved.append(charge_point)
        ChargePoint.objects.bulk_update(moved, ("profile",))
    return len(moved)


def fitting_profile(charge_point: ChargePoint, profiles: list[ModelProfile]) -> ModelProfile | None:
    """The most exact of the profiles: the same model before any, the longest firmware first."""
    fitting = [profile for profile in profiles if _fits(profile, charge_point)]
    return max(
        fitting, key=lambda profile: (bool(profile.model), len(profile.firmware_from)), default=None
    )


def _fits(profile: ModelProfile, charge_point: ChargePoint) -> bool:
    return (
        profile.vendor.casefold() == charge_point.vendor.casefold()
        and profile.model.casefold() in ("", charge_point.model.casefold())
        and charge_point.firmware_version.startswith(profile.firmware_from)
    )
