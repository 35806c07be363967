"""Faults as files have them: in the header, a field, a row, the separators, the encoding."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator

HUGE = [0, 1, -1, 2, 3, 4, 5, 18, 19, 20, 10**6, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 10**17]
NUMBERS = b"nan|-inf|Infinity|1e39|1e400|1e-400|-0|1_0|0x10|--1|1e|+|.|5.|1,5|1.5.2|".split(b"|")
NUMBERS += ["٢".encode(), "１".encode(), b"0" * 3000, b"9" * 400, b"1\x0b", b"\xc2\xa01", b"1e5"]
LABELS = [b"", b" ", b". . .", b"at name@domain.com", b"1 2", b"7", b"-1.5", b"nan", b"\xff\xfe"]
LABELS += ["\u00a0", "\u0085", "\u2028", "\x0b", "\x1c", "\u3000", "x" * 5000, "\x00", "\ufeff"]
SEPARATORS = [b"\t", b"  ", b" \t", b"\xc2\xa0", b",", b";", b"\x0b", b" \r", b"\0"]
LINE_ENDS = [
    b"\r\n",
    b"\r",
    b"\r\r\n",
    b" \n",
    b"\t\n",
    b"\n\n",
    b"\n \n",
    b"\xe2\x80\xa8",
    b"\x0b\n",
]
ENCODINGS = ["utf-16", "utf-16-le", "utf-8-sig", "utf-32", "utf-7", "cp037"]


def pick(rng: Rng, choices: list[Any]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def as_bytes(label: bytes | str) -> bytes:
    return label.encode() if isinstance(label, str) else label


def fault_bytes(content: bytes, rng: Rng) -> bytes:
    """A flipped bit, a cut, something left out, doubled, moved or put in."""
    if not content:
        return content
    at, length = int(rng.integers(len(content))), int(rng.integers(1, 40))
    match int(rng.integers(6)):
        case 0:
            flipped = bytes([content[at] ^ 1 << int(rng.integers(8))])
            return content[:at] + flipped + content[at + 1 :]
        case 1:
            return content[:at]
        case 2:
            return content[:at] + content[at + length :]
        case 3:
            return content[: at + length] + content[at:]
        case 4:
            return content[:at] + rng.bytes(length) + content[at:]
        case _:
            other = int(rng.integers(len(content)))
            return content[:at] + content[other : other + length] + content[at + length :]


def fault_header(content: bytes, rng: Rng) -> bytes:
    """Another number in the header, or one more or fewer headers."""
    line, _, rest = content.partition(b"\n")
    fields = line.split()
    match int(rng.integers(5)):
        case 0:
            return rest
        case 1:
            return line + b"\n" + content
        case 2:
            return b"%d %d\n" % (pick(rng, HUGE), pick(rng, HUGE)) + content
        case _:
            if len(fields) == 2:
                fields[int(rng.integers(2))] = b"%d" % pick(rng, HUGE)
            return pick(rng, [b" ", b"\t", b"  "]).join(fields) + b"\n" + rest


def fault_row(content: bytes, rng: Rng) -> bytes:
    """One row: another number or word, a field too many or too few, the row again or gone."""
    lines = content.split(b"\n")
    i = int(rng.integers(len(lines)))
    fields = lines[i].split(b" ")
    j = int(rng.integers(len(fields)))
    match int(rng.integers(8)):
        case 0 | 1:
            fields[j] = pick(rng, NUMBERS)
        case 2 | 3:
            fields[0] = as_bytes(pick(rng, LABELS))
        case 4:
            fields.insert(j, fields[j])
        case 5:
            del fields[j]
        case 6:
            fields[0] = lines[int(rng.integers(len(lines)))].split(b" ")[0]
        case _:
            lines.insert(int(rng.integers(len(lines))), lines[i])
    lines[i] = b" ".join(fields)
    return b"\n".join(lines)


def fault_separators(content: bytes, rng: Rng) -> bytes:
    """Other separators or line ends, everywhere or from one place to another."""
    old, new = pick(rng, [(b" ", SEPARATORS), (b"\n", LINE_ENDS)])
    changed = pick(rng, new)
    if rng.random() < 0.5:
        return content.replace(old, changed)
    start, stop = sorted(int(place) for place in rng.integers(len(content) + 1, size=2))
    return content[:start] + content[start:stop].replace(old, changed) + content[stop:]


def fault_encoding(content: bytes, rng: Rng) -> bytes:
    if rng.random() < 0.3:
        return b"\xef\xbb\xbf" + content
    return content.decode("utf-8", "replace").encode(pick(rng, ENCODINGS), "replace")


def fault_binary(content: bytes, rng: Rng) -> bytes:
    """A number or a few bytes of a binary file overwritten by ones that are odd."""
    if not content:
        return content
    odd = [struct.pack("<f", np.nan), struct.pack("<f", np.inf), b"\0" * 4, b" \n \n", b"    "]
    odd += [struct.pack("<q", value) for value in HUGE]
    odd += [struct.pack("<i", value) for value in HUGE if -(2**31) <= value < 2**31]
    at = int(rng.integers(min(len(content), 200) if rng.random() < 0.5 else len(content)))
    new = pick(rng, odd)
    return content[:at] + new + content[at + len(new) :]


def fault_json(content: bytes, rng: Rng) -> bytes:
    """One value somewhere in a JSON document replaced, left out or nested."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return fault_bytes(content, rng)
    places: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        at = todo.pop()
        keys = list(at) if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else []
        places += [(at, key) for key in keys]
        todo += [at[key] for key in keys]
    if not places:
        return content
    top = [place for place in places if not isinstance(place[1], int)][:40]
    parent, key = pick(rng, top if top and rng.random() < 0.7 else places)
    values = [None, True, -1, 10**30, 1e308, "", "word1", [], {}, [[]], {"type": "Lowercase"}]
    values += [HUGE, parent[key], [parent[key]] * 2]
    if rng.random() < 0.3:
        del parent[key]
    else:
        parent[key] = pick(rng, values)
    made = json.dumps(document).encode()
    if rng.random() < 0.05:
        made = b"[" * 100_000 + made
    return made


def fault_safetensors(content: bytes, rng: Rng) -> bytes:
    """The length of the header, one of its values, or the numbers."""
    (length,) = struct.unpack("<Q", content[:8])
    header, numbers = content[8 : 8 + length], content[8 + length :]
    match int(rng.integers(4)):
        case 0:
            return struct.pack("<Q", pick(rng, HUGE) % 2**64) + header + numbers
        case 1:
            kinds = [b"F16", b"BF16", b"F64", b"I8", b"I64", b"BOOL", b"F8_E4M3", b"X"]
            header = header.replace(b"F32", pick(rng, kinds))
        case 2:
            header = fault_json(header, rng)
        case _:
            numbers = fault_binary(numbers, rng)
    return struct.pack("<Q", len(header)) + header + numbers


TEXT = [fault_bytes, fault_header, fault_row, fault_row, fault_separators, fault_encoding]
BINARY = [fault_bytes, fault_header, fault_binary]
OF_FILE: dict[str, list[Callable[[bytes, Rng], bytes]]] = {
    "tokenizer.json": [fault_json, fault_json, fault_json, fault_bytes],
    "model.safetensors": [fault_safetensors, fault_safetensors, fault_bytes],
}


def fault(name: str, file: str, content: bytes, rng: Rng) -> bytes:
    """`content` of a file of the named format with one fault, or with two or three."""
    kinds = OF_FILE.get(file) or (TEXT if "text" in name or ".vec" in name else BINARY)
    for _ in range(1 if rng.random() < 0.6 else int(rng.integers(2, 4))):
        if len(content) > 8:
            content = pick(rng, kinds)(content, rng)
    return content
