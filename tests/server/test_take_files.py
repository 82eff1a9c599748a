"""Takes as files, which may come from anywhere."""

import msgspec
import pytest
from kept_takes import played, scale, whole

from server.errors import TakeError
from server.takes.file import MAX_BYTES, is_take_file, read_take, write_take
from server.takes.take import Take


def test_take_file_returns_the_take(tmp_path):
    take, path = whole(played(Take(scale()))), tmp_path / "a.etude"
    write_take(path, take)
    assert is_take_file(path) and read_take(path) == take


def test_what_a_take_file_says_of_itself_commands_no_terminal(tmp_path):
    take, path = whole(played(Take(scale()))), tmp_path / "a.etude"
    said = dict.fromkeys(
        ("title", "song", "user_id", "source", "judged_by"), "\x1b]0;x\x07\x9b2J\nü"
    )
    write_take(path, take._replace(header=msgspec.structs.replace(take.header, **said)))
    header = read_take(path).header
    assert {getattr(header, name) for name in said} == {"]0;x2J ü"}


def test_take_file_is_never_written_over_another(tmp_path):
    path = tmp_path / "a.etude"
    path.write_text("mine")
    with pytest.raises(TakeError, match=r"a\.etude exists already"):
        write_take(path, whole(Take(scale())))
    assert path.read_text() == "mine"


@pytest.mark.parametrize("cut", [slice(1, None), slice(0, -1), slice(0, 20), slice(0, 0)])
def test_damaged_take_file_is_refused(tmp_path, cut):
    path = tmp_path / "a.etude"
    write_take(path, whole(played(Take(scale()))))
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(TakeError, match=r"is no take file|damaged or cut off"):
        read_take(path)


def test_take_file_of_any_size_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "a.etude"
    write_take(path, whole(Take(scale())))
    with path.open("r+b") as file:
        file.truncate(MAX_BYTES * 100)
    with pytest.raises(TakeError, match="is over 64 MiB"):
        read_take(path)


def test_missing_take_file_is_one_clear_error(tmp_path):
    assert not is_take_file(tmp_path / "none")
    with pytest.raises(TakeError, match="none cannot be read: No such file or directory"):
        read_take(tmp_path / "none")
