"""From what the user names to a plain file: .gz, .xz and members of .zip, unpacked in bounds."""

import gzip
import hashlib
import lzma
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from wvexp.errors import UserError
from wvexp.vectors.checks import refuse, shown
from wvexp.vectors.limits import Limits

BLOCK = 4 << 20
HARMLESS = 64 << 20  # bytes that may be unpacked whatever the ratio
HIGHEST_RATIO = 100  # vectors as text pack about 3 : 1, as floats 1.1 : 1
SPARE = 1 << 30  # bytes of disk left free
XZ_MEMORY = 512 << 20
XZ_BLOCK = 1 << 16  # small, as what follows a stream is copied once for each of many short ones

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack without a bound on memory
_SAMPLES, _SAMPLE, _EDGE = 16, 4096, 65536


@dataclass(frozen=True)
class Source:
    """A file as the user named it.

    packing  how it is packed: "gzip", "xz", "zip", or None for a plain file
    member   the member of a .zip
    """

    path: Path
    packing: str | None
    member: str | None

    @property
    def name(self) -> str:
        return shown(self.path, self.member)


def locate(path: str | Path, member: str | None = None) -> Source:
    """Find the file and, in a .zip, the member meant: the only one where none is named.

    Raises
    ------
    UserError
        There is no such file or member, several members to choose from, or a damaged .zip.
    """
    path = Path(path).expanduser()
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise UserError(f"{path}: not a file", "check the path")
    try:
        with path.open("rb") as file:
            head = file.read(6)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}", "check the path") from error
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Source(path, "zip", _member(path, member))
    if member:
        raise UserError(f"{path}: not a .zip, so it has no member {member!r}", "leave it out")
    if head.startswith(b"\x1f\x8b"):
        return Source(path, "gzip", None)
    if head == b"\xfd7zXZ\x00":
        return Source(path, "xz", None)
    return Source(path, None, None)


def _member(path: Path, member: str | None) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            methods = {
                info.filename: info.compress_type
                for info in archive.infolist()
                if not info.is_dir()
            }
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refuse(str(path), "", f"a damaged .zip: {error}") from error
    if any(name.endswith("data.pkl") for name in methods):
        raise refuse(str(path), "", "a PyTorch file, not a vector file", "")
    if member is None and len(methods) == 1:
        (member,) = methods
    if member is None or member not in methods:
        listed = ", ".join(sorted(methods)[:10]) + (", ..." if len(methods) > 10 else "")
        problem = f"no member {member!r}" if member else f"{len(methods)} members to choose from"
        raise refuse(str(path), "", f"{problem}; it has {listed}", "name one with embed.member=")
    if methods[member] not in _METHODS:
        problem = f"packed by method {methods[member]}"
        raise refuse(shown(path, member), "", problem, "unpack it yourself")
    return member


def fingerprint(source: Source) -> str:
    """Hash of the content: size, head, tail and samples between; never of time or place."""
    digest = hashlib.sha256()
    if source.packing == "zip":
        with zipfile.ZipFile(source.path) as archive:
            info = archive.getinfo(cast(str, source.member))
            digest.update(f"zip {info.CRC} {info.file_size} {info.compress_size}".encode())
    size = os.path.getsize(source.path)
    digest.update(f"{size} ".encode())
    with source.path.open("rb", buffering=0) as file:
        between = range(_EDGE, max(size - _EDGE, 0), max(size // _SAMPLES, _SAMPLE))
        for start, length in [(0, _EDGE), *((at, _SAMPLE) for at in between), (-_EDGE, _EDGE)]:
            digest.update(
                os.pread(file.fileno(), length, start if start >= 0 else max(size + start, 0))
            )
    return digest.hexdigest()[:24]


def unpack(source: Source, target: Path, advance: Callable[[int], None], limits: Limits) -> None:
    """Write the unpacked content to the file `target`, which the caller names: no name from within
    an archive is ever used as a path.

    Raises
    ------
    UserError
        Damaged or encrypted data, or more of it than `limits`, the ratio of real vectors or the
        disk allow.
    """
    try:
        with (
            source.path.open("rb") as raw,
            _opened(source, raw) as packed,
            target.open("wb") as out,
        ):
            size = _packed_size(source)
            free = shutil.disk_usage(target.parent).free - SPARE
            written = 0
            while block := packed.read(BLOCK):
                written += len(block)
                if written > max(HARMLESS, HIGHEST_RATIO * size):
                    raise refuse(
                        source.name,
                        "",
                        f"unpacks to over {HIGHEST_RATIO} times its {size:,} bytes, unlike vectors",
                        "if you trust it, unpack it yourself and name the unpacked file",
                    )
                if written > limits.file:
                    problem = f"unpacks to over {limits.file:,} bytes"
                    raise refuse(source.name, "", problem, limits.file_remedy)
                if written > free:
                    raise refuse(
                        source.name,
                        "",
                        f"unpacks to over the {max(free, 0):,} bytes {target.parent} can spare",
                        "make room, or set WVEXP_CACHE to a folder on a larger disk",
                    )
                out.write(block)
                advance(len(block))
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise refuse(source.name, "", f"damaged or cut short while unpacking: {error}") from error
    except (OSError, ValueError, NotImplementedError, RuntimeError) as error:
        # a damaged directory of a .zip, its method or its encryption, a disk that fails
        raise refuse(
            source.name, "", f"cannot be unpacked: {error}", "unpack it yourself"
        ) from error


def _packed_size(source: Source) -> int:
    if source.packing != "zip":
        return os.path.getsize(source.path)
    with zipfile.ZipFile(source.path) as archive:
        return archive.getinfo(cast(str, source.member)).compress_size


def _opened(source: Source, raw: IO[bytes]) -> IO[bytes]:
    if source.packing == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if source.packing == "xz":
        return cast(IO[bytes], _Xz(raw, source.name))
    if source.packing == "zip":
        return zipfile.ZipFile(raw).open(cast(str, source.member))
    raise ValueError(f"{source.name} is not packed")


class _Xz:
    """Reads .xz with a bound on the memory that the file may ask for; `lzma.open` has none."""

    def __init__(self, raw: IO[bytes], name: str) -> None:
        self.raw, self.name = raw, name
        self.decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def __enter__(self) -> "_Xz":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self, size: int) -> bytes:
        while True:
            data = b""
            if self.decoder.eof:
                data = self._next_stream()
                if not data:
                    return b""
                self.decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            elif self.decoder.needs_input:
                data = self.raw.read(XZ_BLOCK)
                if not data:
                    raise EOFError(f"{self.name} ended before its end-of-stream marker")
            if block := self.decoder.decompress(data, size):
                return block

    def _next_stream(self) -> bytes:
        """The beginning of a further stream, as pixz and concatenation write them, past padding;
        empty where there is none."""
        data = self.decoder.unused_data.lstrip(b"\0")
        while not data:
            data = self.raw.read(XZ_BLOCK)
            if not data:
                return b""
            data = data.lstrip(b"\0")
        return data
