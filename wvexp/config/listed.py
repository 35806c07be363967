"""Lists on the command line whose items are paths: any character may be in one."""

import re
from pathlib import Path

# Keys that hold such lists.
OF_TEXT = ("grid.path", "grid.name")
# An item in quotes, or what stands between commas.
_ITEM = re.compile(
    r"""\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>[^,]*?))\s*(?:,|\Z)"""
)


def is_list(value: str) -> bool:
    """Whether a value is a list in brackets, and not a path that is there."""
    return value.startswith("[") and value.endswith("]") and not Path(value).exists()


def items_of(value: str) -> list[str]:
    """The items of a list in brackets, such as `[glove.txt,'a,b.vec']`.

    A comma ends an item, but in quotes, and where a path goes on behind it that is there.
    """
    inner, items = value[1:-1], []
    while inner.strip():
        matched = _ITEM.match(inner)
        assert matched is not None  # `plain` takes anything
        item, end = next(part for part in matched.groups() if part is not None), matched.end()
        if matched["plain"] and not Path(item).expanduser().exists():
            stops = [end + comma.start() for comma in re.finditer(",", inner[end:])]
            for stop in (*stops, len(inner)):
                longer = inner[:stop].strip()
                if Path(longer).expanduser().exists():
                    item, end = longer, stop + 1
                    break
        items.append(item)
        inner = inner[end:]
    return [item for item in items if item]
