"""Errors of reports."""

from server.errors import ServerError


class ReportFileError(ServerError):
    """The report cannot be written where it was told to."""
