"""What anomalies does when something happened to a session."""

from __future__ import annotations

from django.utils import timezone

from anomalies.services import check_completed_session
from outbox.events import subscribe
from sessions_app.events import SessionCompleted


@subscribe(SessionCompleted)
def check_session(event: SessionCompleted) -> None:
    """Judge the complete session before billing gets it."""
    check_completed_session(session_id=event.session_id, now=timezone.now())
