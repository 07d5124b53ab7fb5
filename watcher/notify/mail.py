"""An e-mail through Apprise, with what its own e-mail service cannot be handed.

:class:`WatcherMail` is Apprise's service (its URL, its connection, its errors in the log) that sends one finished
message. Apprise 2.3 itself makes the plain part from the HTML, gives each attempt a Message-ID of its own, and can show
a picture only by a name that it guesses; here are

* our own plain part beside the HTML, and the picture between them (``multipart/related``, RFC 2387);
* a Message-ID made from the delivery, so that a mail that is sent again is known by the receiver as the same;
* ``References`` to what all mails on a story refer to, so that they are shown together; ``List-Id`` (RFC 2919).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from watcher.model import Message

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail

ALERT_HEADER = "X-Watcher-Alert-Id"
CHART = "chart.png"


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes into one mail.

    Attributes:
        key: the idempotency key of the delivery.
    """

    message: Message
    key: str
    date: datetime
    sender: str
    to: str

    def message_id(self) -> str:
        """The same for every attempt at the delivery."""
        return f"<{_local(self.key)}@{self._domain}>"

    def references(self) -> str:
        """What all mails on the story refer to; empty when there is no story."""
        thread = self.message.thread
        return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'watcher:{thread}').hex}@{self._domain}>" if thread else ""

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2] or "localhost"


def _local(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", key) or "alert"


def compose(letter: Letter) -> EmailMessage:
    """The mail as it is sent: plain text, HTML, and the picture that the HTML shows."""
    message = letter.message
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(message.subject.split())
    mail["From"] = Address("Watcher", addr_spec=letter.sender)
    mail["To"] = Address(addr_spec=letter.to)
    mail["Date"] = format_datetime(letter.date)
    mail["Message-ID"] = letter.message_id()
    if references := letter.references():
        mail["In-Reply-To"] = references
        mail["References"] = references
    mail["List-Id"] = f"Watcher <watcher.{letter.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[ALERT_HEADER] = letter.key
    mail.set_content(message.plain, charset="utf-8", cte="quoted-printable")
    if message.format == "html":
        mail.add_alternative(message.body, subtype="html", charset="utf-8", cte="quoted-printable")
        _add_picture(mail, message.image)
    return mail


def _add_picture(mail: EmailMessage, image: bytes) -> None:
    if not image:
        return
    page = mail.get_body(preferencelist=("html",))
    assert isinstance(page, EmailMessage)
    page.add_related(image, "image", "png", cid=f"<{CHART}>", filename=CHART, disposition="inline")


class MailService(Protocol):
    """What the service has, and is given before it sends."""

    from_addr: Sequence[str]
    targets: Sequence[tuple[str, str]]
    letter: Letter | None


@cache
def service() -> type[NotifyEmail]:
    """The service; Apprise is imported when it is first asked for."""
    from apprise.exception import AppriseException  # noqa: PLC0415
    from apprise.plugins.email.base import NotifyEmail  # noqa: PLC0415
    from apprise.plugins.email.smtp import AppriseSMTPController  # noqa: PLC0415

    class WatcherMail(NotifyEmail):  # type: ignore[no-untyped-call] # Apprise hooks into the making of classes
        """Sends the letter that it was given, to the one recipient that its URL names."""

        letter: Letter | None = None

        def _connection(self) -> dict[str, Any]:
            return {
                "host": self.smtp_host,
                "port": self.port,
                "secure_mode": self.secure_mode,
                "user": self.user,
                "password": self.password,
                "verify_certificate": self.verify_certificate,
                "socket_connect_timeout": self.socket_connect_timeout,
            }

        def send(self, *_args: object, **_kwargs: object) -> bool:
            """Send it; what went wrong is in the log, as Apprise writes it."""
            assert self.letter is not None
            try:
                with AppriseSMTPController(**self._connection()) as smtp:
                    text = compose(self.letter).as_bytes().decode("ascii")
                    return bool(smtp.sendmail(self.letter.sender, [self.letter.to], text))
            except (OSError, RuntimeError, AppriseException) as error:  # what smtplib raises is an OSError
                self.logger.warning("Connection error while submitting email to %s", self.smtp_host)
                self.logger.debug("Socket Exception: %s", error)
                return False

    return WatcherMail
