"""ZIP files: written the same every time, refused when they are damaged or dangerous."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal import archive
from amodal.archive import pack, unpack
from amodal.errors import AmodalError

FILE = "file.json"


def zip_of(method: int, *files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return out.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 3_000_000)
    bomb = zip_of(zipfile.ZIP_DEFLATED, (FILE, b"{}"), ("photo.png", bytes(3_000_001)))
    assert len(bomb) < 10_000
    with pytest.raises(AmodalError, match="3 MB when unpacked, expected at most 3 MB"):
        unpack(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = zip_of(zipfile.ZIP_DEFLATED, (FILE, bytes(5_000_000)))
    lying = bomb.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(AmodalError, match="can't be read as a ZIP file"):
        unpack(lying)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(method: int) -> None:
    with pytest.raises(AmodalError, match="compressed by method"):
        unpack(zip_of(method, (FILE, b"{}")))


def test_encrypted_doubled_and_countless_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = bytearray(pack({"a": b"1"}))
    plain[plain.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    with pytest.raises(AmodalError, match=r"can't be read as a ZIP file.*password"):
        unpack(bytes(plain))
    doubled = pack({"a": b"1", "b": b"2"}).replace(b"b", b"a")
    with pytest.raises(AmodalError, match="holds 'a' 2 times"):
        unpack(doubled)
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with pytest.raises(AmodalError, match="4 files, expected at most 3"):
        unpack(pack({name: b"" for name in "abcd"}))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(AmodalError, match=r"gone\.zip can't be read"):
        unpack(tmp_path / "gone.zip")


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.binary(max_size=50), min_size=1))
def test_what_is_packed_is_unpacked(files: dict[str, bytes]) -> None:
    names = [name for name in files if "\0" not in name and name.isprintable()]
    files = {name: files[name] for name in names} or {"a": b""}
    assert unpack(pack(files)) == files
    assert list(unpack(pack(files))) == list(files)
    with zipfile.ZipFile(io.BytesIO(pack(files))) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_deflated_files_are_read() -> None:
    assert unpack(zip_of(zipfile.ZIP_DEFLATED, ("a", bytes(1000)))) == {"a": bytes(1000)}
