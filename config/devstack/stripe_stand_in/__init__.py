"""A stand-in for Stripe on loopback: stateful, strict, and able to fail on demand."""

from config.devstack.stripe_stand_in.faults import Fault, FaultKind, PostFault, PostKind, Seen
from config.devstack.stripe_stand_in.stand_in import StandIn
from config.devstack.stripe_stand_in.world import API_VERSION, account_of_key

__all__ = [
    "API_VERSION",
    "Fault",
    "FaultKind",
    "PostFault",
    "PostKind",
    "Seen",
    "StandIn",
    "account_of_key",
]
