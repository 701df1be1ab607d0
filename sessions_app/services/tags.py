"""What drivers do with their own tags."""

from __future__ import annotations

from uuid import UUID

from sessions_app.models import Driver, IdToken


def block_lost_tag(*, driver: Driver, token_id: UUID) -> IdToken | None:
    """Refuse a driver's own tag from now on; None for a tag that is not theirs.

    Again changes nothing. Only the operator lets a blocked tag charge again.
    """
    tag = IdToken.objects.filter(pk=token_id, driver=driver).first()
    if tag is None:
        return None
    IdToken.objects.filter(pk=tag.pk).update(state=IdToken.State.BLOCKED)
    tag.state = IdToken.State.BLOCKED
    return tag
