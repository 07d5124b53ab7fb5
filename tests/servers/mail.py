"""A real SMTP server (aiosmtpd) on loopback, in a thread of its own, that refuses, hangs and drops as it is told.

::

    with MailServer([RCPT_450]) as server:          # the first mail is refused, all others are accepted
        ...                                         # mailto://127.0.0.1:PORT with server.port
        mail = server.wait_for(1)[0]
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Behaviour(Enum):
    """What to do with one mail."""

    OK = "250 OK"
    RCPT_450 = "450 4.2.1 The mailbox is busy, try later"
    RCPT_550 = "550 5.1.1 No such user"
    DATA_451 = "451 4.3.0 Try later"
    DATA_452 = "452 4.2.2 Mailbox full"
    DATA_554 = "554 5.7.1 Refused as spam"
    STORE_THEN_HANG = "the mail is kept, the answer never comes"
    STORE_THEN_DROP = "the mail is kept, the connection is closed"
    HANG = "the mail is not kept, the answer never comes"
    HOLD = "the mail is kept, and the answer comes, when the server is told to let go"


OK = Behaviour.OK
RCPT_450 = Behaviour.RCPT_450
RCPT_550 = Behaviour.RCPT_550
DATA_451 = Behaviour.DATA_451
DATA_452 = Behaviour.DATA_452
DATA_554 = Behaviour.DATA_554
STORE_THEN_HANG = Behaviour.STORE_THEN_HANG
STORE_THEN_DROP = Behaviour.STORE_THEN_DROP
HANG = Behaviour.HANG
HOLD = Behaviour.HOLD

_REFUSE_RCPT = frozenset({RCPT_450, RCPT_550})
_REFUSE_DATA = frozenset({DATA_451, DATA_452, DATA_554})


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the server kept.

    Attributes:
        message: parsed; ``message["Subject"]`` is decoded text.
        at: monotonic time.
    """

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage = field(repr=False)
    raw: bytes = field(repr=False)
    at: float = 0.0

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part; empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body(preferencelist=(subtype,))
        return "" if part is None else str(part.get_content())


class MailServer:
    """An SMTP server in a thread of its own.

    Args:
        script: what to do with the first mails, in order; later ones are accepted.
        recipients: what to do with every mail for an address, whatever the script says.
        users: name -> password; when given, mail without login is refused (530), a wrong one too (535).
        port: where to listen; 0 takes any free port.
    """

    def __init__(
        self,
        script: Iterable[Behaviour] = (),
        *,
        recipients: Mapping[str, Behaviour] | None = None,
        users: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self._script = deque(script)
        self._recipients = dict(recipients or {})
        self._users = dict(users or {})
        self._news = threading.Condition()
        self._ready = threading.Event()
        self._wanted_port = port
        self._thread = threading.Thread(target=self._run, daemon=True, name="mail")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._released = threading.Event()
        self.held = 0
        self.port = 0
        self.mails: list[Mail] = []
        self.attempts = 0

    def start(self) -> Self:
        """Begin to serve; returns when the port is open."""
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("the mail server did not start")
        return self

    def close(self) -> None:
        """Let hanging sessions go and stop."""
        self.let_go()
        loop, closing = self._loop, self._closing
        if loop is not None and closing is not None:
            loop.call_soon_threadsafe(closing.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def script(self, *behaviours: Behaviour) -> None:
        """Add to what is to be done with the next mails."""
        with self._news:
            self._script.extend(behaviours)

    def for_recipient(self, address: str, behaviour: Behaviour | None) -> None:
        """From now on do this with every mail for an address; None makes it normal again."""
        with self._news:
            if behaviour is None:
                self._recipients.pop(address, None)
            else:
                self._recipients[address] = behaviour

    def let_go(self) -> None:
        """Keep and answer what is held, and hold nothing more."""
        self._released.set()

    def wait_held(self, count: int, timeout: float = 10.0) -> None:
        """Wait until the server has held so many mails.

        Raises:
            TimeoutError: they did not come in time.
        """
        with self._news:
            if not self._news.wait_for(lambda: self.held >= count, timeout):
                raise TimeoutError(f"{self.held} of {count} mails are held after {timeout} s")

    async def hold(self) -> None:
        """Wait until what is held is let go."""
        with self._news:
            self.held += 1
            self._news.notify_all()
        await asyncio.to_thread(self._released.wait)

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Mail]:
        """Wait until the server kept so many mails in all.

        Raises:
            TimeoutError: they did not come in time.
        """
        with self._news:
            if not self._news.wait_for(lambda: len(self.mails) >= count, timeout):
                raise TimeoutError(f"{len(self.mails)} of {count} mails after {timeout} s")
            return list(self.mails)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        handler = _Handler(self)
        server = await self._loop.create_server(lambda: self._protocol(handler), "127.0.0.1", self._wanted_port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        for transport in handler.transports:
            transport.abort()
        await asyncio.sleep(0)

    def _protocol(self, handler: _Handler) -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            loop=self._loop,
            auth_require_tls=False,
            authenticator=self._authenticate if self._users else None,
            auth_exclude_mechanism=() if self._users else ("LOGIN", "PLAIN"),
        )

    def _authenticate(
        self, _smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    def needs_login(self, session: Session) -> bool:
        """Mail is refused until the client has logged in."""
        return bool(self._users) and not session.authenticated

    def next_behaviour(self, address: str) -> Behaviour:
        """What is to be done with a mail for an address."""
        with self._news:
            self.attempts += 1
            if address in self._recipients:
                return self._recipients[address]
            return self._script.popleft() if self._script else OK

    def keep(self, envelope: Envelope) -> None:
        """Store a mail and tell those who wait."""
        raw = envelope.original_content or b""
        message = email.message_from_bytes(raw, policy=email.policy.default)
        mail = Mail(str(envelope.mail_from), tuple(envelope.rcpt_tos), message, raw, time.monotonic())
        with self._news:
            self.mails.append(mail)
            self._news.notify_all()

    async def closing(self) -> None:
        """Wait until the server closes."""
        assert self._closing is not None
        await self._closing.wait()


class _Handler:
    """The hooks that aiosmtpd calls, by name."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._behaviours: dict[Envelope, Behaviour] = {}
        self.transports: set[asyncio.WriteTransport] = set()

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd looks for
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if isinstance(smtp.transport, asyncio.WriteTransport):
            self.transports.add(smtp.transport)
        if self._server.needs_login(session):
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        behaviour = self._server.next_behaviour(address)
        if behaviour in _REFUSE_RCPT:
            return behaviour.value
        self._behaviours[envelope] = behaviour
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        behaviour = self._behaviours.pop(envelope, OK)
        if behaviour in _REFUSE_DATA:
            return behaviour.value
        if behaviour is HOLD:
            await self._server.hold()
        if behaviour is not HANG:
            self._server.keep(envelope)
        if behaviour in {HANG, STORE_THEN_HANG}:
            await self._server.closing()
        if behaviour is STORE_THEN_DROP and isinstance(smtp.transport, asyncio.WriteTransport):
            smtp.transport.abort()
        return "250 2.0.0 OK, queued"
