"""Sending mails, again and again while the mail server is away."""

import asyncio
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from server.config import Settings
from server.config.settings import is_loopback
from server.errors import ApiError, ConfigError
from server.mail.letters import Letter

log = structlog.get_logger()

TIMEOUT_SEC = 20.0
# What is waited before each further try: a server that greylists wants some minutes.
RETRIES_SEC = (2.0, 30.0, 300.0, 900.0)
AT_ONCE = 4  # connections


class Mailer:
    """Sends mails by the server's mail server; in development without one, the log has the link.

    Parameters
    ----------
    settings : Settings
        Which mail server, and the address that links lead to.

    Raises
    ------
    ConfigError
        If there is a mail server, and not what its mails need.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(AT_ONCE)
        if settings.mail_url is not None:
            if settings.mail_from is None:
                raise ConfigError("mail_from must say whom mails come from, as mail_url is set")
            if settings.public_url is None and not settings.is_development:
                raise ConfigError("public_url must say where links in mails lead, as mail_url is")
        self._options = None if settings.mail_url is None else smtp_options(settings.mail_url)

    @property
    def is_there(self) -> bool:
        """Whether what is sent reaches anybody."""
        return self._options is not None or self._settings.is_development

    def require(self) -> None:
        """Refuse what would need a mail.

        Raises
        ------
        ApiError
            503 ``MAIL_NOT_CONFIGURED``, if this server sends none.
        """
        if not self.is_there:
            sentence = "this server sends no mails: ask whoever runs it for help"
            raise ApiError(503, "MAIL_NOT_CONFIGURED", sentence)

    def link(self, path: str, token: str) -> str:
        """Make a link to a page of this server; what stands after the # is in nobody's log."""
        settings = self._settings
        base = settings.public_url or f"http://localhost:{settings.port}"
        return f"{base.rstrip('/')}/{path}#token={token}"

    async def deliver(self, letter: Letter) -> None:
        """Send a mail, trying for a while; what fails then is told to the operator's log."""
        if self._options is None:
            if self._settings.is_development:
                log.info(
                    "no mail server: this is the mail", subject=letter.subject, link=letter.link
                )
            return
        message = self._message(letter)
        for wait_sec in (*RETRIES_SEC, None):
            try:
                async with self._slots:
                    await aiosmtplib.send(message, timeout=TIMEOUT_SEC, **self._options)
                return
            except (aiosmtplib.SMTPException, OSError) as error:
                if wait_sec is None or _is_final(error):
                    log.error("a mail was not sent", subject=letter.subject, error=str(error))
                    return
                log.warning("a mail is to be sent again", in_sec=wait_sec, error=str(error))
            await asyncio.sleep(wait_sec)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        host = parseaddr(str(self._settings.mail_from))[1].rpartition("@")[2]
        message["Message-ID"] = make_msgid(domain=host)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def smtp_options(url: str) -> dict[str, Any]:
    """Read the address of a mail server.

    A password goes over no open line: with one, STARTTLS is required but on this machine.
    """
    parts = urlsplit(url)
    is_tls, host = parts.scheme == "smtps", parts.hostname or ""
    has_password = parts.password is not None
    return {
        "hostname": host,
        "port": parts.port or (465 if is_tls else 587 if has_password else 25),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": is_tls,
        "start_tls": False if is_tls else True if has_password and not is_loopback(host) else None,
    }


def _is_final(error: Exception) -> bool:
    """Whether the mail server will say the same to a second try: RFC 5321, section 4.2.1."""
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return True
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500
