"""What the drivers' pages do when others say something happened."""

from __future__ import annotations

from django.utils import timezone

from drivers.events import SignInAsked
from drivers.my.letters import answer_request
from outbox.events import subscribe


@subscribe(SignInAsked)
def mail_links(event: SignInAsked) -> None:
    """Owe a letter to whoever has the address."""
    answer_request(request_id=event.request_id, now=timezone.now())
