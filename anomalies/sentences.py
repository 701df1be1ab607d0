"""What is said of an incident, by kind and cause, with the observed and expected values."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[tuple[str, str], str | Promise] = {
    ("E1", "power_high"): _(
        "The station reports %(observed)s, but voltage times current is only %(expected)s."
    ),
    ("E1", "power_low"): _(
        "The station reports only %(observed)s, but voltage times current is %(expected)s."
    ),
    ("E3", "over_limit"): _("The current is %(observed)s where at most %(expected)s is allowed."),
    ("E9", "no_power"): _(
        "The connector says it is charging, but gives %(observed)s instead of at least"
        " %(expected)s."
    ),
    ("E9", "no_progress"): _(
        "The battery does not fill: %(observed)s where at least %(expected)s is usual."
    ),
    ("M1", "lower"): _("The register fell from %(expected)s to %(observed)s."),
    ("M1", "stays_empty"): _(
        "The register fell from %(expected)s to %(observed)s and stays there."
    ),
    ("M2", "jump"): _(
        "The register rose by %(observed)s where the connector can give at most %(expected)s."
    ),
    ("M2", "begin_placeholder"): _(
        "The session seems to begin at a placeholder: %(observed)s between begin and end where"
        " at most %(expected)s was measured."
    ),
    ("M2", "above_rated"): _(
        "%(observed)s is more than the connector can give in that time (%(expected)s)."
    ),
    ("M3", "stuck"): _(
        "The register gained %(observed)s while at least %(expected)s flowed into the car."
    ),
    ("M8", "register"): _(
        "The register went from %(expected)s to %(observed)s, a factor of about 1000: Wh and kWh"
        " were mixed up."
    ),
    ("M8", "register_large"): _(
        "The register counted %(observed)s, but by the power only %(expected)s flowed, about a"
        " thousandth: Wh and kWh were mixed up."
    ),
    ("M8", "register_small"): _(
        "The register counted only %(observed)s, but by the power %(expected)s flowed, about a"
        " thousand times as much: Wh and kWh were mixed up."
    ),
    ("M8", "ends"): _(
        "Begin and end are %(observed)s apart, but %(expected)s was measured between: Wh and kWh"
        " were mixed up."
    ),
    ("M9", "begin_unknown"): _("The register at the start, %(observed)s, is no real value."),
    ("M9", "stop_unknown"): _("The register at the end, %(observed)s, is no real value."),
    ("M9", "stop_below_start"): _(
        "The register at the end, %(observed)s, is below the one at the start, %(expected)s."
    ),
    ("M9", "stop_below_samples"): _(
        "Begin and end are %(observed)s apart, but at least %(expected)s was measured between."
    ),
    ("M9", "stop_far_above"): _(
        "Begin and end are %(observed)s apart, but at most %(expected)s was measured between."
    ),
    ("S2", "ends_before_start"): _(
        "The session ends %(observed)s before it begins: the station's clock was wrong."
    ),
    ("E2", "low"): _(
        "The supply voltage was %(observed)s where at least %(expected)s is due (mean of"
        " ten minutes)."
    ),
    ("E2", "high"): _(
        "The supply voltage was %(observed)s where at most %(expected)s is allowed (mean"
        " of ten minutes)."
    ),
    ("E2", "dip"): _(
        "The supply voltage fell to %(observed)s while a car was charging; at least"
        " %(expected)s is needed."
    ),
    ("E4", "current"): _(
        "The station accepted a limit of %(expected)s, but the car takes %(observed)s."
    ),
    ("E4", "power"): _("The station accepted a limit of %(expected)s, but gives %(observed)s."),
    ("E5", "limit_too_low"): _(
        "Our own limit of %(observed)s is below the %(expected)s a car needs: it pauses,"
        " and nothing is broken."
    ),
    ("E6", "current"): _(
        "One phase carries only %(observed)s while the others go on with %(expected)s."
    ),
    ("E6", "voltage"): _("One phase has only %(observed)s of %(expected)s."),
    ("E7", "current"): _("The phases are %(observed)s apart where at most %(expected)s is usual."),
    ("E7", "voltage"): _(
        "The phase voltages are %(observed)s apart where at most %(expected)s is usual."
    ),
    ("E8", "no_energy"): _(
        "Only %(observed)s flowed in the first minutes of charging instead of at least"
        " %(expected)s."
    ),
    ("E10", "derated"): _(
        "Over several sessions the connector gave %(observed)s of what these cars take elsewhere."
    ),
    ("E11", "below_expected"): _(
        "The car takes %(observed)s where cars like it take at least %(expected)s."
    ),
    ("E12", "hunting"): _(
        "The current swings by %(observed)s, over and over; at most %(expected)s is usual."
    ),
    ("E13", "too_hot"): _(
        "The station measures %(observed)s where at most %(expected)s is allowed."
    ),
    ("E13", "hotter_than_peers"): _(
        "It is %(observed)s warm; at this current stations like it stay under %(expected)s."
    ),
    ("E14", "jump"): _(
        "The state of charge rose by %(observed)s at once; at most %(expected)s is possible."
    ),
    ("E14", "drop"): _(
        "The state of charge fell by %(observed)s; at most %(expected)s is possible."
    ),
    ("E15", "ground_failure"): _(
        "The station reports a ground fault (count: %(observed)s): nobody may charge here."
    ),
    ("E15", "connector_lock"): _(
        "The station cannot lock or unlock the plug (count: %(observed)s)."
    ),
    ("E15", "contactor"): _("The station's contactor fails (count: %(observed)s)."),
    ("E15", "meter"): _("The station cannot read its meter (count: %(observed)s)."),
    ("E15", "overheated"): _("The station reports that it is too hot (count: %(observed)s)."),
    ("E15", "overcurrent"): _("The station reports too much current (count: %(observed)s)."),
    ("E15", "voltage"): _("The station reports a wrong voltage (count: %(observed)s)."),
    ("E15", "reader"): _("The station's card reader fails (count: %(observed)s)."),
    ("E15", "internal"): _("The station reports an internal error (count: %(observed)s)."),
    ("E15", "vendor"): _("The station reports an error of its maker's own (count: %(observed)s)."),
    ("M4", "register_slow"): _(
        "The register counted %(observed)s, but by the power at least %(expected)s flowed."
    ),
    ("M4", "register_fast"): _(
        "The register counted %(observed)s, but by the power at most %(expected)s flowed."
    ),
    ("M4", "session_slow"): _(
        "Over the whole session the register counted %(observed)s, but at least"
        " %(expected)s flowed."
    ),
    ("M4", "session_fast"): _(
        "Over the whole session the register counted %(observed)s, but at most %(expected)s flowed."
    ),
    ("M5", "drift_slow"): _(
        "Over many sessions the meter has come to count %(observed)s too little; up to"
        " %(expected)s is usual."
    ),
    ("M5", "drift_fast"): _(
        "Over many sessions the meter has come to count %(observed)s too much; up to"
        " %(expected)s is usual."
    ),
    ("M6", "between_sessions"): _(
        "%(observed)s went through the meter since the session before; at most"
        " %(expected)s is usual."
    ),
    ("M7", "site_above"): _(
        "The site meter counted %(observed)s, the connectors together only %(expected)s."
    ),
    ("M7", "site_below"): _(
        "The site meter counted only %(observed)s, the connectors together %(expected)s."
    ),
    ("M8", "power_large"): _(
        "The station reports a power of %(observed)s, but voltage times current is"
        " %(expected)s, about a thousandth: W and kW were mixed up."
    ),
    ("M8", "power_small"): _(
        "The station reports a power of %(observed)s, but voltage times current is"
        " %(expected)s, about a thousand times as much: W and kW were mixed up."
    ),
    ("M10", "battery_too_small"): _(
        "%(observed)s for this rise of the state of charge means a battery far too small;"
        " at least %(expected)s would fit."
    ),
    ("M10", "battery_too_large"): _(
        "%(observed)s for this rise of the state of charge means a battery far too large;"
        " at most %(expected)s would fit."
    ),
    ("M11", "signature_wrong"): _(
        "Of the signed meter values %(observed)s do not carry the signature of the meter: they"
        " were altered on the way, or the public key entered for the connector is another meter's."
    ),
    ("M11", "signed_unreadable"): _(
        "Of the signed meter values %(observed)s are damaged: they can not be verified."
    ),
    ("M11", "signed_faulty"): _(
        "Signed records: %(observed)s. Among them are readings at the start or the end that the"
        " meter itself calls faulty or uncertain."
    ),
    ("M11", "signed_elsewhen"): _(
        "Signed records: %(observed)s, their signatures are right. But readings in them were taken"
        " more than 15 minutes before or after the session: they belong to another one."
    ),
    ("M11", "signed_differs"): _(
        "The energy to be billed is %(observed)s, but the meter signed %(expected)s."
    ),
    ("S1", "no_samples"): _(
        "No reading for %(observed)s while charging; at most %(expected)s is usual."
    ),
    ("S1", "gap"): _(
        "No reading for %(observed)s in the middle of the charge; at most %(expected)s is usual."
    ),
    ("S2", "clock_drift"): _(
        "The station's clock is %(observed)s off; at most %(expected)s is tolerated."
    ),
    ("S2", "clock_unset"): _("The station's clock was never set: it is %(observed)s off."),
    ("S3", "offline"): _(
        "Nothing has been heard of the station for %(observed)s; %(expected)s is the limit."
    ),
    ("S3", "flapping"): _(
        "The station connected %(observed)s times within an hour; up to %(expected)s is usual."
    ),
    ("S3", "site_offline"): _(
        "%(observed)s stations of the site went silent together: power or network of the"
        " site is gone."
    ),
    ("S4", "connector_free"): _(
        "The connector has been free for %(observed)s, but its session was never ended."
    ),
    ("S4", "next_started"): _(
        "The next session began %(observed)s ago, but the one before was never ended."
    ),
    ("S4", "silent"): _(
        "The session is open, but has sent nothing for %(observed)s; %(expected)s is the limit."
    ),
    ("S5", "too_long"): _("The session has lasted %(observed)s; up to %(expected)s is usual here."),
    ("S5", "overstay"): _(
        "The car has been full for %(observed)s and still occupies the connector."
    ),
    ("S6", "preparing"): _(
        "A car has been plugged in for %(observed)s without anybody starting;"
        " %(expected)s is the limit."
    ),
    ("S6", "finishing"): _(
        "The session ended %(observed)s ago, and the plug is still in; %(expected)s is the limit."
    ),
    ("S6", "unavailable"): _(
        "The connector has been unavailable for %(observed)s, and nobody ordered it."
    ),
    ("S7", "many_tags"): _(
        "%(observed)s refusals in a few minutes, of several tokens: the reader or the"
        " list of tokens is at fault."
    ),
    ("S7", "one_tag"): _("One token was refused %(observed)s times in a few minutes."),
    ("S8", "in_a_row"): _(
        "%(observed)s sessions of several drivers in a row gave less than 0.5 kWh."
    ),
    ("S8", "one_tag"): _(
        "One driver tried again and again: %(observed)s sessions of less than 0.5 kWh."
    ),
    ("S9", "silent"): _(
        "The last good session was %(observed)s ago; by this connector's own pace"
        " %(expected)s is the limit."
    ),
    ("S10", "unknown_transaction"): _(
        "The station names a transaction that nobody started (count: %(observed)s)."
    ),
    ("S10", "charging_without"): _(
        "The connector says it is charging, but there is no session (count: %(observed)s)."
    ),
    ("S10", "before_boot"): _(
        "The station started a session before it had reported for duty (count: %(observed)s)."
    ),
    ("S11", "missing"): _(
        "The readings lack %(observed)s of the %(expected)s measurands that were asked for."
    ),
    ("S12", "worse_after_update"): _(
        "Since the update %(observed)s of the sessions fail; before it was %(expected)s."
    ),
    ("F1", "too_fast"): _(
        "The token was used %(observed)s away from where it was shortly before: nobody"
        " drives that fast."
    ),
    ("F1", "two_places"): _("The token charges at two places at once, %(observed)s apart."),
    ("F2", "too_much"): _(
        "The token charged %(observed)s in a day; at most %(expected)s is plausible."
    ),
    ("F2", "new_region_at_night"): _(
        "The token charged fast at night, %(observed)s from where it usually is."
    ),
    ("F3", "unbilled"): _("%(observed)s were charged, and there is no invoice line."),
    ("F3", "paid_for_nothing"): _("%(observed)s were paid, and no energy flowed."),
    ("F4", "differs"): _("The bill says %(observed)s, the price gives %(expected)s."),
    ("F4", "outside_band"): _("A kilowatt-hour came to %(observed)s; the limit is %(expected)s."),
    ("F5", "register_moves"): _("%(observed)s went through the meter while no session was open."),
    ("F6", "weak_token"): _(
        "The token proves nothing: its number can be copied (count: %(observed)s)."
    ),
    ("F6", "unknown_party"): _("Somebody we do not know asked for a start (count: %(observed)s)."),
    ("F6", "second_connection"): _(
        "Somebody at %(address)s had this station's key and wanted in while the station itself was"
        " connected (count: %(observed)s). If it was not your own test, give the station a new key."
    ),
    ("F6", "burst"): _(
        "%(observed)s different tokens in a few minutes on one station; up to"
        " %(expected)s is usual."
    ),
}
