"""Reports as files."""

from pathlib import Path

from server.config import load_settings
from server.reports.errors import ReportFileError


def refuse_existing(*paths: Path | None) -> None:
    """Say at once what :func:`write_text` would say after the work is done.

    Raises
    ------
    ReportFileError
        If one of the files exists.
    """
    for path in paths:
        if path is not None and path.exists():
            raise ReportFileError(f"{path} exists already")


def private_folder() -> Path:
    """Make the folder of pages that nobody gave a name: in the data folder, for this user alone.

    Raises
    ------
    ReportFileError
        If it cannot be made.
    """
    folder = load_settings().data_dir / "reports"
    try:
        for made in (folder.parent, folder):  # only the last one of a path is made private
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ReportFileError(f"{folder} cannot be made: {error.strerror}") from None
    return folder


def write_text(path: Path, text: str, *, may_replace: bool = False) -> None:
    """Write a file.

    Parameters
    ----------
    path : Path
        Where to.
    text : str
        What.
    may_replace : bool
        Whether a file that is there already may go.

    Raises
    ------
    ReportFileError
        If the file exists or cannot be written.
    """
    try:
        with path.open("w" if may_replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ReportFileError(f"{path} exists already") from None
    except OSError as error:
        raise ReportFileError(f"{path} cannot be written: {error.strerror}") from None
