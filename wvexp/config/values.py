"""Whether one value is what its key accepts: the type, the range and the choices of the schema."""

from collections.abc import Callable
from contextlib import suppress
from math import isfinite, isnan, nan
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any

from wvexp.config.key import Key
from wvexp.config.schema import Config
from wvexp.errors import UserError


def check_value(key: Key, value: Any) -> None:
    """UserError where the value is not one of the key's choices, or out of its range."""
    if value is None:
        return
    if key.choices and value not in key.choices:
        raise UserError(f"{key.name}={value} is not one of {', '.join(key.choices)}")
    if isinstance(value, int | float):
        if key.minimum is not None and not value >= key.minimum:
            raise UserError(f"{key.name}={value} is below its least value {key.minimum}")
        if key.above is not None and not value > key.above:
            raise UserError(f"{key.name}={value}: it must be above {key.above}")
        if key.below is not None and not value < key.below:
            raise UserError(f"{key.name}={value}: it must be below {key.below}")
        if value == float("inf"):
            raise UserError(f"{key.name}={value}: it must be finite")


def typed(key: Key, value: Any) -> Any:
    """The value as the key's type has it, from whatever Python or NumPy hold.

    What comes from a command line or YAML has its type already.

    Raises
    ------
    UserError
        It is no value of that type, or not one that the key accepts.
    """
    kinds = _kinds(key)
    if value is None and NoneType in kinds:
        return None
    converted = _CONVERT[kinds[0]](key.name, value)
    check_value(key, converted)
    return converted


def of_type(key: Key, value: Any) -> Any:
    """The value from a command line or YAML, which has the key's type but for two cases.

    An interpolation such as `${oc.env:SEED}` gives text, and lists hold what they were given.
    """
    is_text = isinstance(value, str) and str not in _kinds(key)
    return typed(key, value) if is_text or isinstance(value, list) else value


def lookup(config: Config, name: str) -> Any:
    """The value of a key in dotted form."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _kinds(key: Key) -> tuple[Any, ...]:
    return key.type.__args__ if isinstance(key.type, UnionType) else (key.type,)


def whole(name: str, value: Any) -> int:
    """A Python int of what NumPy, a range or YAML hold; UserError, which calls it `name`."""
    number = _finite(value)
    if isnan(number) or number != int(number):
        raise UserError(f"{name}={value} is not a whole number", "give one such as 3")
    return int(value) if isinstance(value, Integral) else int(number)


def real(name: str, value: Any) -> float:
    """A finite Python float of the same; YAML reads `1e-3` as text."""
    number = _finite(value)
    if isnan(number):
        raise UserError(f"{name}={value} is not a number", "give one such as 0.1")
    return number


def _finite(value: Any) -> float:
    """The number; NaN where it is none, or not finite."""
    number = nan
    if isinstance(value, str | Real) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    return number if isfinite(number) else nan


def positive(name: str, value: Any) -> float:
    """A finite Python float above zero."""
    number = real(name, value)
    if not number > 0:
        raise UserError(f"{name}={value}: it must be above 0")
    return number


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UserError(f"{name}={value} is not text")
    return value


def _truth(name: str, value: Any) -> bool:
    if value not in (True, False):
        raise UserError(f"{name}={value} is neither true nor false", "give one of them")
    return bool(value)


def _list_of(convert: Callable[[str, Any], Any]) -> Callable[[str, Any], list[Any]]:
    def convert_all(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple | range):
            raise UserError(f"{name}={value} is not a list", f"give a list such as {name}=[1,2]")
        return [convert(name, one) for one in value]

    return convert_all


_CONVERT: dict[Any, Callable[[str, Any], Any]] = {
    int: whole,
    float: real,
    str: _text,
    bool: _truth,
    list[int]: _list_of(whole),
    list[float]: _list_of(real),
    list[str]: _list_of(_text),
    list[bool]: _list_of(_truth),
}
