"""Backups: everything that a server keeps, in one file that any database can be filled from."""

from server.backup.archive import Manifest, read_manifest
from server.backup.dump import back_up
from server.backup.load import restore

__all__ = ["Manifest", "back_up", "read_manifest", "restore"]
