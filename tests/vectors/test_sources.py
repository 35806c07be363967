"""Packed files: bounded, and never out of the folder they are unpacked to."""

import gzip
import io
import lzma
import os
import zipfile
from pathlib import Path

import pytest

from wvexp.errors import UserError
from wvexp.vectors import sources
from wvexp.vectors.pretrained import load_vectors

TEXT = b"a 1 2 3\nb 4 5 6\n"


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def test_a_member_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", {"d50.txt": b"c 1 2\n", "d300.txt": TEXT})
    assert load_vectors(path, member="d300.txt").index_to_key == ["a", "b"]
    assert load_vectors(path, member="d50.txt").index_to_key == ["c"]
    with pytest.raises(UserError, match=r"2 members.*d300\.txt, d50\.txt; .*embed\.member"):
        load_vectors(path)
    with pytest.raises(UserError, match=r"no member 'd100\.txt'; it has d300\.txt, d50\.txt"):
        load_vectors(path, member="d100.txt")


def test_a_member_of_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(TEXT)
    with pytest.raises(UserError, match=r"not a \.zip"):
        load_vectors(path, member="v.txt")


@pytest.mark.parametrize(
    "name", ["../../outside.txt", "/tmp/outside.txt", "a/../../../outside.txt"]
)
def test_members_do_not_escape(name: str, tmp_path: Path, cache_folder: Path) -> None:
    path = archive(tmp_path / "z.zip", {name: TEXT})
    before = {p for p in tmp_path.parent.rglob("*") if cache_folder not in p.parents}
    assert load_vectors(path).index_to_key == ["a", "b"]
    assert {p for p in tmp_path.parent.rglob("*") if cache_folder not in p.parents} == before
    for folder, _, files in os.walk(cache_folder):
        assert not any("outside" in file for file in files), folder


def test_gzip_bomb_is_refused(tmp_path: Path, cache_folder: Path) -> None:
    block = gzip.compress(b"a" + b" 0" * (8 << 20))  # 16 MiB in 16 kB, many times over
    path = tmp_path / "bomb.gz"
    path.write_bytes(block * 20)
    with pytest.raises(UserError, match=r"unpacks to over 100 times its .* bytes"):
        load_vectors(path)
    assert not list((cache_folder / "vectors").iterdir())


def test_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.zip", {"v.txt": b"\0" * (100 << 20)})
    with pytest.raises(UserError, match="unpacks to over 100 times"):
        load_vectors(path)


def test_unpacking_stops_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.gz"
    path.write_bytes(gzip.compress(TEXT))
    monkeypatch.setattr(sources, "SPARE", 1 << 60)
    with pytest.raises(UserError, match=r"unpacks to over the 0 bytes .* can spare; .*WVEXP_CACHE"):
        load_vectors(path)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_cut_and_damaged_streams_are_refused(pack, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    whole = pack(TEXT * 50)
    path = tmp_path / "v"
    for content in (whole[:-9], whole[:20], whole[:40] + b"\xff\xff" + whole[42:]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="damaged or cut short while unpacking"):
            load_vectors(path)


def test_damaged_zips_are_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "z.zip", {"v.txt": TEXT}).read_bytes()
    path = tmp_path / "v.zip"
    for content in (whole[:-30], whole[:36] + b"\xff" + whole[37:]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"damaged"):
            load_vectors(path)


def test_streams_one_after_another_are_one_file(tmp_path: Path) -> None:
    one, two = TEXT[:8], TEXT[8:]
    for pack in (gzip.compress, lzma.compress):
        path = tmp_path / "v"
        path.write_bytes(pack(one) + pack(two))
        assert load_vectors(path).index_to_key == ["a", "b"]


def test_pytorch_files_and_double_packing_are_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.pt", {"archive/data.pkl": b"", "archive/data/0": b""})
    with pytest.raises(UserError, match="a PyTorch file"):
        load_vectors(path)
    path = tmp_path / "v.gz"
    path.write_bytes(gzip.compress(gzip.compress(TEXT)))
    with pytest.raises(UserError, match="compressed twice"):
        load_vectors(path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.txt: No such file.*check the path"):
        load_vectors(tmp_path / "absent.txt")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="not a file"):
        load_vectors(tmp_path / "pipe")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "empty.zip").write_bytes(empty.getvalue())
    with pytest.raises(UserError, match="0 members"):
        load_vectors(tmp_path / "empty.zip")
