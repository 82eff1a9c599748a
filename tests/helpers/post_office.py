"""A real mail server that keeps what it is given."""

import asyncio
import re
from contextlib import asynccontextmanager
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult

WAIT_SEC = 30.0


class PostOffice:
    """Takes mails; ``refusals`` are answered first, one for each mail that is tried."""

    def __init__(self):
        self.refusals = []
        self.tried = 0
        self.port = None
        self._letters = asyncio.Queue()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.tried += 1
        if self.refusals:
            return self.refusals.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        letter.recipients = envelope.rcpt_tos
        self._letters.put_nowait(letter)
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, auth_data):
        is_right = (auth_data.login, auth_data.password) == (b"etude", b"p@ss/word")
        return AuthResult(success=is_right, handled=is_right)

    async def letter(self, subject="", to=None):
        """The next mail of a subject and to an address, whatever came before it."""
        async with asyncio.timeout(WAIT_SEC):
            while True:
                letter = await self._letters.get()
                if subject in letter["Subject"] and to in (None, letter["To"]):
                    return letter

    @property
    def is_empty(self):
        return self._letters.empty()


@asynccontextmanager
async def running_post_office(needs_password=False, **options):
    """Run a mail server on a free port."""
    office = PostOffice()
    if needs_password:
        options["authenticator"] = office.authenticate
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, loop=loop, hostname="mail.example", **options), "127.0.0.1", 0
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def link_of(letter):
    """The one link of a mail, the same in both its forms."""
    (link,) = re.findall(r"https?://\S+", text_of(letter))
    assert f'href="{link}"' in letter.get_body(("html",)).get_content()
    return link


def token_of(letter):
    return link_of(letter).partition("#token=")[2]
