"""What is done to charge points: registered, connected, commanded, and what they report."""

from chargepoints.services.authorities import (
    bring_authority,
    create_authority,
    retire_authority,
)
from chargepoints.services.boots import change_boot_answer
from chargepoints.services.calls import KeyReused, call_station, wait_for_answer
from chargepoints.services.campaigns import advance_campaigns
from chargepoints.services.certificates import add_certificate, revoke_certificate
from chargepoints.services.commands import (
    CommandNotPossible,
    expire_commands,
    queue_command,
    request_remote_start,
    request_remote_stop,
)
from chargepoints.services.registration import (
    close_socket,
    disable_charge_point,
    register_charge_point,
    rotate_key,
)
from chargepoints.services.reservations import expire_reservations
from chargepoints.services.retention import purge_messages
from chargepoints.services.rotation import (
    RotationUnderWay,
    begin_rotation,
    settle_rotations,
)
from chargepoints.services.signing import (
    ask_for_request,
    install_root,
    renew_certificates,
    upload_certificate,
)
from chargepoints.services.sockets import StaleSocket
from chargepoints.services.windows import (
    change_profile,
    close_due_windows,
    close_window,
    open_window,
)

__all__ = [
    "CommandNotPossible",
    "KeyReused",
    "RotationUnderWay",
    "StaleSocket",
    "add_certificate",
    "advance_campaigns",
    "ask_for_request",
    "begin_rotation",
    "bring_authority",
    "call_station",
    "change_boot_answer",
    "change_profile",
    "close_due_windows",
    "close_socket",
    "close_window",
    "create_authority",
    "disable_charge_point",
    "expire_commands",
    "expire_reservations",
    "install_root",
    "open_window",
    "purge_messages",
    "queue_command",
    "register_charge_point",
    "renew_certificates",
    "request_remote_start",
    "request_remote_stop",
    "retire_authority",
    "revoke_certificate",
    "rotate_key",
    "settle_rotations",
    "upload_certificate",
    "wait_for_answer",
]
