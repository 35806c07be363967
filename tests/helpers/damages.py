"""What may happen to the bytes of any file."""

import random
from collections.abc import Callable


def flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 10))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def flip_near_the_end(rng: random.Random, content: bytes) -> bytes:
    """Where Parquet keeps its schema and the places of its columns, and gzip its checksum."""
    keep = max(0, len(content) - rng.choice((8, 100, 1000)))
    return content[:keep] + flip(rng, content[keep:])


def cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(1, len(content) + 1)]


def lose_a_piece(rng: random.Random, content: bytes) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.choice((1, 2, 20)) :] or b" "


def double_a_piece(rng: random.Random, content: bytes) -> bytes:
    start, size = rng.randrange(len(content)), rng.choice((1, 5, 50, 5000))
    return content[: start + size] + content[start:]


def insert_a_mark(rng: random.Random, content: bytes) -> bytes:
    marks = b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"[", b"{", b"}", b"]", b":", b"\\"
    marks += (b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"NaN", b"1e999")
    start = rng.randrange(len(content) + 1)
    return content[:start] + rng.choice(marks) * rng.choice((1, 1, 2, 100)) + content[start:]


def change_a_mark(rng: random.Random, content: bytes) -> bytes:
    """One separator or quote for another, everywhere."""
    marks = [b'"', b"'", b",", b";", b"\t", b" ", b"\n", b"\r\n", b"\r", b"label", b"text", b":"]
    return content.replace(rng.choice(marks), rng.choice(marks)) or b" "


def encode_anew(rng: random.Random, content: bytes) -> bytes:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"))
    return text.encode(encoding, "replace")


DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(
        flip,
        flip_near_the_end,
        cut,
        lose_a_piece,
        double_a_piece,
        insert_a_mark,
        change_a_mark,
        encode_anew,
    ),
)
