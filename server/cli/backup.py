"""``etude backup`` and ``etude restore``: everything that is kept, in one file."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.stored import DatabaseUrl, store_url, with_store

if TYPE_CHECKING:
    from server.backup import Manifest
    from server.files.store import FileStore
    from server.store import TakeStore

KEY_HINT = "The key that signs tokens is not in it: keep that separately (see `etude secret`)."


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to write it; must not exist.", show_default="etude-TIME.backup"),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write everything that is kept into one file, while the server runs or not."""
    from server.backup import back_up
    from server.cli.slow import slow_task

    path = file or Path(f"etude-{datetime.now():%Y%m%d-%H%M%S}.backup")
    with slow_task("backing up") as on_progress:

        async def write(store: "TakeStore") -> "Manifest":
            return await back_up(store.database, _files(), path, on_progress)

        manifest = with_store(database_url, write)
    print(f"wrote {path}: {_summary(manifest)}")
    print(KEY_HINT)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Fill an empty database from a backup, of SQLite or PostgreSQL whichever it was made of."""
    from server.backup import restore as fill
    from server.cli.slow import slow_task

    with slow_task("restoring") as on_progress:
        manifest = asyncio.run(fill(store_url(database_url), _files(), file, on_progress))
    made_at = manifest.made_at.astimezone()
    print(f"restored the backup of {made_at:%Y-%m-%d %H:%M}: {_summary(manifest)}")


def _files() -> "FileStore":
    from server.config import load_settings
    from server.files.store import FileStore

    settings = load_settings()
    return FileStore(settings.files_url, settings.data_dir / "files")


def _summary(manifest: "Manifest") -> str:
    counts = manifest.tables
    said = {"users": "accounts", "practice_sessions": "practice sessions", "takes": "takes"}
    parts = [f"{counts.get(table, 0)} {name}" for table, name in said.items()]
    return f"{', '.join(parts)}, {manifest.files} recordings, {manifest.n_rows} rows in all"
