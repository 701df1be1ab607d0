"""E-mail, through Django's mail backend."""

from __future__ import annotations

import smtplib
from email.headerregistry import Address
from email.utils import parseaddr
from typing import ClassVar, Final

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection

from outbox.senders.base import OutcomeUnknown, Post, Refused, TryLater

SMTP_BACKEND: Final = "django.core.mail.backends.smtp.EmailBackend"
# RFC 5321: from here on a server's answer says that trying again will not help.
PERMANENT: Final = 500


class MailSender:
    """Mails with text and, where there is one, a simple HTML version."""

    # Many servers drop a second mail with the same Message-ID, but not all do.
    repeatable: ClassVar[bool] = False

    def send(self, post: Post) -> None:
        """Hand the mail to the server; see `Sender`."""
        if settings.EMAIL_BACKEND == SMTP_BACKEND and not settings.EMAIL_HOST:
            raise TryLater("no mail server is set: EMAIL_HOST")
        mail = _mail(post)
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"the mail server was not reached: {error}") from None
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refusal(code, words) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (BadHeaderError, UnicodeError) as error:
            raise Refused(f"not a mail that can be sent: {error}") from None
        except TimeoutError:
            raise OutcomeUnknown("the mail server did not answer in time") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"the mail server broke off: {error}") from None
        finally:
            connection.close()


def _mail(post: Post) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = EmailMultiAlternatives(
        subject=post.subject,
        body=post.text,
        from_email=_from(post.sender_name),
        to=[post.recipient],
        headers={
            "Message-ID": f"<{post.ref}@{domain}>",
            "Auto-Submitted": "auto-generated",
            **post.headers,
        },
    )
    if post.html:
        mail.attach_alternative(post.html, "text/html")
    for attachment in post.attachments:
        mail.attach(*map(str, (attachment.name, attachment.text, attachment.content_type)))
    return mail


def _from(name: str) -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    user, _at, domain = address.rpartition("@")
    plain = " ".join(name.split())[:80]
    return str(Address(display_name=plain, username=user, domain=domain))


def _refusal(code: int, words: bytes | str) -> TryLater | Refused:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    kind = Refused if code >= PERMANENT else TryLater
    return kind(f"the mail server answered {code}: {text[:300]}")
