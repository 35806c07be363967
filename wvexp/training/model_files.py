"""The two files of a model folder, read as if a stranger had made them.

Nothing is allocated that the files' own length does not account for: shapes are compared with
what the description promises before an array is read, and no network is built before that.
"""

import json
import logging
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.arms import Tuning
from wvexp.backprop.moves import Moves
from wvexp.backprop.projection import PROJECTION
from wvexp.config.model_group import model_group
from wvexp.config.schema import KEYS
from wvexp.config.values import typed
from wvexp.data.tokenizers import NAMES
from wvexp.errors import DamagedError, UserError
from wvexp.machine import require_memory
from wvexp.models import AUTO, MODELS, check_model_for_task, spec_of
from wvexp.registry import foreign_code
from wvexp.tasks import TASKS

log = logging.getLogger(__name__)

# Format 1 is that of the first models: it lacks the keys and arrays that came with later ones.
FORMAT = 2
_READ = (1, 2)
DESCRIPTION, WEIGHTS = "model.json", "weights.safetensors"

# Arrays beside the parameters: where each row came from; of models that take them, what each row
# weighs, and which moves a chain of labels may make.
ORIGIN, ROW_WEIGHTS = "origin", "row_weights"
MOVES = {name: f"moves.{name}" for name in Moves._fields}

# A description is words and labels: beside its rows it is small. What Python makes of JSON may
# take this many times its length.
_LEAST_DESCRIPTION, _PARSED = 64 << 20, 30
# What safetensors calls the types that a torch module's parameters and buffers have.
_TYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
}
# Rows looked through at a time for what is not a number.
_PIECE = 1 << 20


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The checked description, its model as a `Model`, and the arrays that it promises.

    Raises
    ------
    FileNotFoundError
        A file is missing.
    DamagedError
        What the files hold is no model.
    UserError
        Another version wrote it, a file is a device or a pipe, or memory does not suffice.
    """
    for name in (DESCRIPTION, WEIGHTS):
        if not stat.S_ISREG((folder / name).stat().st_mode):
            raise UserError(f"{folder / name} is not a file", "give the folder model/ of a run")
    content = _description(folder)
    changed = _changed_plugins(content)
    try:
        _check_labels(content)
        content["model"] = _model(content["model"], TASKS[content["task"]].name)
        arrays = _arrays(folder / WEIGHTS, content)
    except DamagedError as error:
        if changed:
            raise UserError(
                f"{folder}: the plug-in of {changed} is not the one of this model ({error})",
                "give its file as it was, or train the model again",
            ) from error
        raise
    if changed:
        log.warning("%s: the plug-in of %s has changed since it was trained", folder, changed)
    return content, arrays


def _changed_plugins(content: Mapping[str, Any]) -> str:
    """What of the model comes from a plug-in that was another when it was trained: `model=deep`."""
    named = {
        table.key: table[name]
        for table, name in ((MODELS, content["model"].get("name")), (TASKS, content["task"]))
        if isinstance(name, str) and name != AUTO  # one that is not known may come with a plug-in
    }
    # Models of earlier versions do not say.
    then, now = content.get("plugins", {}), foreign_code(named)
    return " and ".join(
        f"{key}={named[key].name}" for key in now if then.get(key, now[key]) != now[key]
    )


def _description(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    size = path.stat().st_size
    if size > max(_LEAST_DESCRIPTION, (folder / WEIGHTS).stat().st_size):
        raise DamagedError(f"{DESCRIPTION} has {size:,} bytes, more than its weights")
    require_memory(str(path), _PARSED * size, "take a machine with more")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{DESCRIPTION} is no JSON") from error
    if not isinstance(content, dict) or "format" not in content:
        raise DamagedError(f"{DESCRIPTION} describes no model")
    if content["format"] not in _READ or isinstance(content["format"], bool):
        raise UserError(
            f"{folder}: model format {content['format']}, this version reads "
            f"{' and '.join(map(str, _READ))}",
            "take a model of this version, or the version that trained it",
        )
    for name, fits in _FITS.items():
        if name not in content:
            raise DamagedError(f"{DESCRIPTION} has no {name}")
        if not fits(content[name]):
            raise DamagedError(f"{DESCRIPTION}: {name} is {_short(content[name])}")
    if content.get("how", Tuning().how) not in KEYS["tuning.how"].choices:
        raise DamagedError(f"{DESCRIPTION}: how is {_short(content['how'])}")
    if not isinstance(content.get("plugins", {}), dict):
        raise DamagedError(f"{DESCRIPTION}: plugins is {_short(content['plugins'])}")
    return content


def _check_labels(content: Mapping[str, Any]) -> None:
    """DamagedError where what is predicted is not what the kind of task predicts."""
    kind, labels = TASKS[content["task"]], content["labels"]
    if bool(labels) == kind.numeric:
        raise DamagedError(f"{DESCRIPTION}: labels is {_short(labels)}")
    try:
        kind.restored(content.get("target", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedError(f"{DESCRIPTION}: target is damaged ({error})") from error
    if not isinstance(content.get("separator", ""), str):
        raise DamagedError(f"{DESCRIPTION}: separator is {_short(content['separator'])}")


def _model(values: Mapping[str, Any], task: str) -> Any:
    """The `Model`, every value one that the configuration would accept."""
    try:
        given = {name: typed(KEYS[f"model.{name}"], value) for name, value in values.items()}
        model = model_group()(**given)
        check_model_for_task(model.name, task)
        if model.name == AUTO:
            raise KeyError(AUTO)
        spec, keys = spec_of(model, TASKS[task])
        spec.check(keys)
    except (UserError, KeyError, TypeError, ArithmeticError) as error:
        raise DamagedError(f"{DESCRIPTION}: model is {_short(values)}") from error
    return model


def _arrays(path: Path, content: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        tensors = safe_open(str(path), framework="numpy")
        names = list(tensors.keys())
        slices = {name: tensors.get_slice(name) for name in names}
        found = {name: (s.get_dtype(), tuple(s.get_shape())) for name, s in slices.items()}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DamagedError(f"{WEIGHTS} cannot be read: {error}") from error
    expected = _expected(content, found)
    for name in sorted(found.keys() | expected.keys()):
        if name not in found or name not in expected:
            raise DamagedError(
                f"{WEIGHTS} has {'no' if name not in found else 'a further'} {name!r}"
            )
        if found[name] != expected[name]:
            (kind, shape), (kind_meant, shape_meant) = found[name], expected[name]
            raise DamagedError(
                f"{WEIGHTS}: {name} is {kind} of shape {list(shape)}, not {kind_meant} of "
                f"{list(shape_meant)}"
            )
    require_memory(str(path), 3 * path.stat().st_size, "take a machine with more")
    arrays = {name: tensors.get_tensor(name) for name in names}
    for name, array in arrays.items():
        flat = array.reshape(-1)
        pieces = (flat[i : i + _PIECE] for i in range(0, len(flat), _PIECE))
        if not all(np.isfinite(piece).all() for piece in pieces):
            raise DamagedError(f"{WEIGHTS}: {name} holds NaN or infinity")
    if ROW_WEIGHTS in expected and (arrays[ROW_WEIGHTS] < 0).any():
        raise DamagedError(f"{WEIGHTS}: {ROW_WEIGHTS} holds {arrays[ROW_WEIGHTS].min():g}, below 0")
    for name in MOVES.values():
        if name in expected and (arrays[name] > 1).any():
            raise DamagedError(f"{WEIGHTS}: {name} holds {arrays[name].max()}, not 0 or 1 alone")
    return arrays


def _expected(
    content: Mapping[str, Any], found: Mapping[str, tuple[str, tuple[int, ...]]]
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array, by the description; the dimension alone is the file's."""
    model, rows = content["model"], len(content["words"])
    classes = TASKS[content["task"]].outputs(len(content["labels"]))
    _, shape = found.get("embedding.weight", ("", ()))
    if len(shape) != 2 or 0 in shape:
        raise DamagedError(
            f"{WEIGHTS}: embedding.weight has shape {list(shape)}, not [rows, dimension]"
        )
    if shape[0] != rows:
        raise DamagedError(f"words and rows do not agree in number: {rows:,} and {shape[0]:,}")
    d = shape[1]
    spec, keys = spec_of(model, TASKS[content["task"]])
    types, own = spec.types(d, classes, keys), spec.shapes(d, classes, keys)
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (rows, d)}
    tuning = Tuning(how=content.get("how", Tuning().how))
    if tuning.doubled and d % 2:
        raise DamagedError(f"{WEIGHTS}: rows of two copies have {d} numbers")
    if tuning.mapped:
        shapes[PROJECTION] = (d, d)
    if spec.view(keys).weights is not None:
        shapes[ROW_WEIGHTS] = (rows,)
    bytes_of: dict[str, tuple[int, ...]] = {ORIGIN: (rows,)}
    if spec.crf(keys):
        of_moves = (classes, classes), (classes,), (classes,)
        bytes_of |= zip(MOVES.values(), of_moves, strict=True)
    return {
        **{name: ("U8", shape) for name, shape in bytes_of.items()},
        **{name: ("F32", shape) for name, shape in shapes.items()},
        **{name: (_TYPES.get(types[name], types[name]), shape) for name, shape in own.items()},
    }


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _source(value: Any) -> bool:
    """None, or the keys of a `VectorSource`."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and value.keys() == {"path", "member", "fingerprint"}
        and isinstance(value["fingerprint"], str)
        and all(isinstance(value[name], str | None) for name in ("path", "member"))
    )


_FITS: dict[str, Any] = {
    "task": lambda value: isinstance(value, str),
    "model": lambda value: isinstance(value, dict),
    "labels": _texts,
    "lowercase": lambda value: isinstance(value, bool),
    "tokenizer": lambda value: value in NAMES and value != "auto",
    "source": _source,
    "words": lambda value: bool(value) and _texts(value),
}


def _short(value: Mapping[str, Any] | Sequence[Any]) -> str:
    text = repr(value)
    return text if len(text) < 100 else f"{text[:100]}..."
