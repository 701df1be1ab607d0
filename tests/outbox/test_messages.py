"""Messages are owed once, sent once, and tried again only when nobody can have got them."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from outbox import bell
from outbox.models import Message
from outbox.senders import SENDERS, OutcomeUnknown, Post, Refused, SendFailed, TryLater
from outbox.services import (
    forget_old_messages,
    owe_message,
    retry_message,
    send_due_messages,
    withdraw_messages,
)
from outbox.types import Attachment, Channel, NewMessage
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope
from tests.cast import a_tenant

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
State = Message.State


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda *args: None)


@pytest.fixture
def volt(db: None) -> Iterator[Tenant]:
    tenant = a_tenant()
    with tenant_scope(tenant.id), time_machine.travel(NOW, tick=False):
        yield tenant


class Mouth:
    """A sender that says what it is told to say."""

    repeatable: ClassVar[bool] = False

    def __init__(self, *answers: SendFailed | None) -> None:
        self.answers = list(answers)
        self.said: list[Post] = []

    def send(self, post: Post) -> None:
        self.said.append(post)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


def owe(**more: Any) -> Message:
    given: dict[str, Any] = {"key": "k", "recipient": "a@example.com", "subject": "S", "text": "T"}
    return owe_message(NewMessage(**(given | more)), now=NOW)


def speaking_with(monkeypatch: pytest.MonkeyPatch, *answers: SendFailed | None) -> Mouth:
    mouth = Mouth(*answers)
    monkeypatch.setitem(SENDERS, Channel.EMAIL, mouth)  # type: ignore[arg-type]
    return mouth


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_a_mail_leaves_with_text_html_file_and_name(volt: Tenant) -> None:
    owe(html="<p>T</p>", attachments=[Attachment("a.ics", "text/calendar", "BEGIN:VCALENDAR")])
    assert send_due_messages() == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["a@example.com"], "S", "T")
    assert sent.from_email == "Volt AB <laddbok@localhost>"
    assert sent.alternatives[0][0] == "<p>T</p>"
    assert sent.attachments[0][0] == "a.ics"


def test_what_is_owed_twice_is_sent_once(volt: Tenant) -> None:
    assert owe().pk == owe(text="other").pk
    send_due_messages()
    owe()
    assert send_due_messages() == 0
    assert len(mail.outbox) == 1


def test_two_tenants_may_use_the_same_key(volt: Tenant) -> None:
    owe()
    with tenant_scope(a_tenant("ampere").id):
        owe()
    assert send_due_messages() == 2


def test_a_passing_failure_is_tried_again_later_and_later(
    volt: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaking_with(monkeypatch, TryLater("full"), TryLater("full"))
    message = owe()
    send_due_messages()
    assert (state_of(message), message.last_error) == (State.FAILED, "full")
    assert message.due_at == NOW + timedelta(seconds=30)
    with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
        send_due_messages()
    assert (state_of(message), message.due_at) == (State.FAILED, NOW + timedelta(seconds=90))
    with time_machine.travel(NOW + timedelta(seconds=90), tick=False):
        send_due_messages()
    assert state_of(message) == State.SENT


def test_what_never_works_is_given_up(volt: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    speaking_with(monkeypatch, *(TryLater("full") for _try in range(20)))
    message = owe()
    for hour in range(20):
        with time_machine.travel(NOW + timedelta(hours=hour), tick=False):
            send_due_messages()
    assert (state_of(message), message.attempts) == (State.GIVEN_UP, 12)


@pytest.mark.parametrize("failure", [Refused("no such user"), OutcomeUnknown("no answer")])
def test_what_was_refused_or_may_have_arrived_is_not_sent_again(
    volt: Tenant, monkeypatch: pytest.MonkeyPatch, failure: SendFailed
) -> None:
    mouth = speaking_with(monkeypatch, failure)
    message = owe()
    send_due_messages()
    send_due_messages()
    assert state_of(message) == State.GIVEN_UP
    assert len(mouth.said) == 1


def test_a_message_somebody_died_over_is_not_sent_again(
    volt: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mouth = speaking_with(monkeypatch)
    message = owe()
    Message.objects.update(state=State.SENDING, attempts=1, due_at=NOW - timedelta(seconds=1))
    send_due_messages()
    assert (state_of(message), mouth.said) == (State.GIVEN_UP, [])
    assert "may have arrived" in message.last_error


def test_a_person_sends_it_again(volt: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    speaking_with(monkeypatch, Refused("no"))
    message = owe()
    send_due_messages()
    assert retry_message(message_id=message.pk, now=NOW)
    send_due_messages()
    assert state_of(message) == State.SENT
    assert not retry_message(message_id=message.pk, now=NOW)


def test_what_comes_too_late_or_is_over_is_not_sent(volt: Tenant) -> None:
    late = owe(expires_at=NOW)
    over = owe(key="other", topic="incident:1", due_at=NOW + timedelta(hours=1))
    assert withdraw_messages(topic="incident:1") == 1
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        send_due_messages()
    assert (state_of(late), state_of(over)) == (State.GIVEN_UP, State.WITHDRAWN)
    assert mail.outbox == []


def test_a_confidential_text_is_sealed_and_then_forgotten(volt: Tenant) -> None:
    message = owe(text="open sesame", private=True)
    assert "sesame" not in message.text
    send_due_messages()
    assert mail.outbox[0].body == "open sesame"
    message.refresh_from_db()
    assert message.text == ""


def test_where_a_webhook_leads_is_sealed(volt: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth = speaking_with(monkeypatch)
    message = owe(recipient="hooks.example", secret="https://hooks.example/T0/secret")
    assert "secret" not in message.sealed_recipient
    send_due_messages()
    assert mouth.said[0].recipient == "https://hooks.example/T0/secret"


def test_old_messages_are_forgotten_and_waiting_ones_are_not(volt: Tenant) -> None:
    owe()
    send_due_messages()
    owe(key="waiting", due_at=NOW + timedelta(days=1))
    assert forget_old_messages(before=NOW + timedelta(seconds=1)) == 1
    assert Message.objects.get().key == "waiting"


class Server:
    """A mail connection that fails as it is told to."""

    def __init__(self, at_open: Exception | None, at_send: Exception | None) -> None:
        self.at_open, self.at_send = at_open, at_send

    def open(self) -> None:
        if self.at_open:
            raise self.at_open

    def send_messages(self, _mails: object) -> int:
        if self.at_send:
            raise self.at_send
        return 1

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("at_open", "at_send", "expected"),
    [
        (ConnectionRefusedError(), None, TryLater),
        (smtplib.SMTPAuthenticationError(535, b"no"), None, TryLater),
        (None, smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), Refused),
        (None, smtplib.SMTPRecipientsRefused({"a": (451, b"greylisted")}), TryLater),
        (None, smtplib.SMTPDataError(554, b"spam"), Refused),
        (None, smtplib.SMTPServerDisconnected(), TryLater),
        (None, TimeoutError(), OutcomeUnknown),
    ],
)
def test_a_mail_servers_failures_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
    at_open: Exception | None,
    at_send: Exception | None,
    expected: type[SendFailed],
) -> None:
    server = Server(at_open, at_send)
    monkeypatch.setattr("outbox.senders.mail.get_connection", lambda: server)
    with pytest.raises(expected):
        SENDERS[Channel.EMAIL].send(Post(ref="r", recipient="a@example.com", text="T"))


def test_without_a_mail_server_the_reason_is_said(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with pytest.raises(TryLater, match="EMAIL_HOST"):
        SENDERS[Channel.EMAIL].send(Post(ref="r", recipient="a@example.com", text="T"))


def test_nobody_elses_messages_are_seen(volt: Tenant) -> None:
    owe()
    with tenant_scope(a_tenant("ampere").id):
        assert not Message.objects.exists()
    with across_tenants(reason="test"):
        assert Message.objects.count() == 1
