"""Files in a folder and in an S3-compatible store: the same from outside."""

import errno
import os
import stat
from pathlib import Path

import pytest
from small_s3 import running_s3

from server.errors import ConfigError
from server.files.store import FilesError, FileStore


@pytest.fixture
async def bucket(monkeypatch):
    async with running_s3(monkeypatch) as bucket:
        yield bucket


@pytest.fixture(params=["folder", "s3"])
def files(request, tmp_path):
    if request.param == "folder":
        return FileStore(None, tmp_path / "files")
    request.getfixturevalue("bucket")
    return FileStore("s3://bucket/etude", tmp_path / "unused")


async def whole(files: FileStore, path: str, start: int = 0, stop: int | None = None) -> bytes:
    stop = await files.size(path) if stop is None else stop
    return b"".join([part async for part in files.read(path, start, stop)])


async def names(files: FileStore, folder: str | None = None) -> list[str]:
    return sorted([file.path async for file in files.list(folder)])


async def test_what_is_put_is_read_whole_and_in_parts(files):
    data = bytes(range(256)) * 1000
    await files.put("ada/sessions/1/x.wav", data)
    assert await files.size("ada/sessions/1/x.wav") == len(data)
    assert await whole(files, "ada/sessions/1/x.wav") == data
    assert await whole(files, "ada/sessions/1/x.wav", 100, 200) == data[100:200]


async def test_what_is_not_there_has_no_size_and_is_deleted_already(files):
    assert await files.size("ada/x") is None
    await files.delete("ada/x")


async def test_a_folder_is_listed_and_deleted_without_its_neighbours(files):
    for path in ("ada/1", "ada/2/3", "adamant/1", "eve/1"):
        await files.put(path, b"x")
    assert await names(files, "ada") == ["ada/1", "ada/2/3"]
    await files.delete_under("ada")
    assert await names(files) == ["adamant/1", "eve/1"]


async def test_a_name_does_not_lead_out_of_the_store(files, tmp_path):
    with pytest.raises(ValueError, match="illegal character sequence"):
        await files.put("../out", b"x")
    assert not (tmp_path / "out").exists()


def test_the_folder_is_its_owners_alone(tmp_path):
    FileStore(None, tmp_path / "files")
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700


async def test_a_store_that_fails_is_told_of(bucket, tmp_path):
    files = FileStore("s3://bucket/etude", tmp_path)
    bucket.is_broken = True
    for use in (files.put("x", b"x"), files.size("x"), files.delete("x"), names(files)):
        with pytest.raises(FilesError, match="try again later") as caught:
            await use
        assert (caught.value.status, caught.value.code) == (503, "FILES_UNAVAILABLE")


@pytest.mark.parametrize("url", ["ftp://bucket", "s3:///"])
def test_an_address_of_no_store_is_refused(url, tmp_path):
    with pytest.raises(ConfigError, match="files_url: files cannot be kept there"):
        FileStore(url, tmp_path)


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"files cannot be kept there: .*Not a directory"):
        FileStore(None, tmp_path / "file" / "files")


async def test_a_file_in_a_folder_is_on_the_disk_with_all_that_leads_to_it(tmp_path, monkeypatch):
    settled, fsync = [], os.fsync

    def see(descriptor):
        settled.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", see)
    folder = tmp_path / "files"
    await FileStore(None, folder).put("ada/sessions/1/x.wav", b"sound")
    ada = folder / "ada"
    way = [ada / "sessions" / "1" / "x.wav", ada / "sessions" / "1", ada / "sessions", ada, folder]
    assert settled == way
    settled.clear()
    await FileStore(f"file://{folder}", tmp_path / "unused").put("eve", b"sound")
    assert settled == [folder / "eve", folder]


async def test_a_disk_that_fails_is_told(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FilesError):
        await FileStore(None, tmp_path / "files").put("ada/x.wav", b"sound")
