"""``etude users``: the accounts of this server, for whoever runs it."""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer

from server.cli.stored import DatabaseUrl, with_store
from server.errors import NoAccountError, NoSecondFactorError

if TYPE_CHECKING:
    from server.identity.members import Members
    from server.store import TakeStore
    from server.store.transactions import Database

T = TypeVar("T")

Email = Annotated[str, typer.Argument(help="The e-mail address of the account.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]

users_app = typer.Typer(help="Make and list accounts.", no_args_is_help=True)


@users_app.command()
def create(
    email: Email,
    name: Annotated[
        str | None, typer.Option(help="As others see it.", show_default="what is before the @")
    ] = None,
    role: Annotated[str, typer.Option(help="student or teacher.")] = "student",
    password_stdin: FromStdin = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Make an account."""
    from server.checks import checked
    from server.identity.rest_models import Registration

    about = {"email": email, "role": role, "name": name, "password": ""}
    checked(about, Registration)  # before anybody is asked for a password
    wanted = checked(about | {"password": _new_password(password_stdin)}, Registration)
    account = _with_members(database_url, lambda members, _: members.add(wanted, None))
    print(f"made the account {account.id} of {account.email}, {account.role}")


@users_app.command()
def password(
    email: Email, password_stdin: FromStdin = False, database_url: DatabaseUrl = None
) -> None:
    """Give an account a new password; all its sign-ins end."""
    chosen = _new_password(password_stdin)

    async def change(members: "Members", database: "Database") -> None:
        from server.identity.audit import Event
        from server.identity.credentials import CredentialStore
        from server.identity.emails import key_of
        from server.identity.logins import LoginStore

        kept = await CredentialStore(database).by_email(key_of(email))
        if kept is None:
            raise NoAccountError(f"no account has the e-mail address {email}")
        await members.set_password(kept, chosen, "password", None, Event.PASSWORD_CHANGED)
        await LoginStore(database, refresh_days=0).end_all(kept.account.id, "password")

    _with_members(database_url, change)
    print(f"changed the password of {email}; all sign-ins of the account have ended")


@users_app.command("reset-2fa")
def reset_2fa(email: Email, database_url: DatabaseUrl = None) -> None:
    """Turn two-factor sign-in off for somebody who has lost it; all sign-ins end.

    Make sure that it is they who ask: their password is all that is needed then.
    """

    async def reset(store: "TakeStore") -> None:
        from server.identity.audit import Audit, Event
        from server.identity.credentials import CredentialStore
        from server.identity.emails import key_of
        from server.identity.logins import LoginStore
        from server.identity.one_time_tokens import OneTimeTokens
        from server.identity.second_factors import SecondFactorStore
        from server.identity.two_factor import CHALLENGE

        database = store.database
        kept = await CredentialStore(database).by_email(key_of(email))
        if kept is None:
            raise NoAccountError(f"no account has the e-mail address {email}")
        user_id, factors = kept.account.id, SecondFactorStore(database)
        if not (await factors.find(user_id)).is_enabled:
            raise NoSecondFactorError(f"two-factor sign-in of {email} is off already")
        await factors.disable(user_id)
        await OneTimeTokens(database).drop(CHALLENGE, user_id)
        await LoginStore(database, refresh_days=0).end_all(user_id, "two_factor")
        await Audit(database).record(Event.TWO_FACTOR_DISABLED, user_id, None)

    with_store(database_url, reset)
    print(f"turned two-factor sign-in of {email} off; all sign-ins of the account have ended")


@users_app.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 100,
    database_url: DatabaseUrl = None,
) -> None:
    """List the accounts, the newest first."""
    from server.identity.accounts import AccountStore

    found = with_store(database_url, lambda store: AccountStore(store.database).latest(limit))
    users = [msgspec.structs.asdict(account) for account in found]
    for user in users:
        del user["login_id"]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(users)).decode())
    elif not users:
        print("there is no account yet")
    else:
        _print_table(users)


def _with_members(
    database_url: str | None, use: "Callable[[Members, Database], Awaitable[T]]"
) -> T:
    """Open what makes and changes accounts for one thing to be done with it."""
    from server.identity.audit import Audit
    from server.identity.credentials import CredentialStore
    from server.identity.members import Members
    from server.identity.passwords import Passwords
    from server.store import TakeStore

    async def run(store: TakeStore) -> T:
        passwords, database = Passwords(), store.database
        try:
            members = Members(CredentialStore(database), passwords, Audit(database))
            return await use(members, database)
        finally:
            passwords.close()

    return with_store(database_url, run)


def _new_password(from_stdin: bool) -> str:
    """Ask for a password without showing it, twice; programs write it to standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _print_table(users: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("E-mail", "Name", "Role", "Verified", "Id"):
        table.add_column(heading, no_wrap=heading != "Name")
    for user in users:
        email, is_verified = user["email"] or "", "yes" if user["is_verified"] else "no"
        table.add_row(escape(email), escape(user["name"]), user["role"], is_verified, user["id"])
    Console(width=None if sys.stdout.isatty() else 200).print(table)
