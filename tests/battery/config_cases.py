"""Every key of the schema with values that somebody types, pastes or leaves half done."""

from contextlib import suppress
from functools import partial
from math import isfinite
from types import NoneType, UnionType

import yaml
from judging import Case, Step
from small_inputs import PRETRAINED, RANDOM, fill

from wvexp.config.schema import KEYS
from wvexp.printable import printable

VALUES = {
    "huge": "1000000000",
    "beyond": "1" + 30 * "0",
    "negative": "-1",
    "zero": "0",
    "fraction": "0.5",
    "nan": "nan",
    "infinite": "inf",
    "empty": "",
    "null": "null",
    "word": "nonsense",
    "true": "true",
    "environment": "${oc.env:HOME}",
    "nowhere": "${nowhere}",
    "list": "[1,2]",
    "strings": "[a,b]",
    "mapping": "{a:1}",
    "quote": "it's",
    "unicode": "ü∞日",
    "escape": "\x1b[31mred",
}
# Which of them say something about a key of each kind.
_OF_KIND = {
    "number": ("huge", "beyond", "negative", "fraction", "nan", "empty", "word", "environment"),
    "text": ("empty", "nowhere", "list", "escape", "quote"),
    "choice": ("empty", "null", "word", "list", "escape"),
    "list": ("list", "strings", "empty", "word", "negative"),
}
# A sweep of many runs may be asked for: these values would be obeyed for hours.
_OBEYED = {("search.trials", "huge"), ("large.tokens", "huge"), ("search.trials", "beyond")}
# What a key means something with.
_NEEDS = {
    "tuning": ["finetune=true"],
    "workers": ["grid.seed=[0,1]"],
    "report": ["grid.seed=[0,1]"],
    "dispatch": ["grid.seed=[0,1]"],
    "search.batch": ["search.trials=2"],
    "search.study": ["search.trials=2"],
    "model.widths": ["model=cnn"],
    "model.filters": ["model=cnn"],
}
_WORLD = ["data=world", "embed=random", "optim.epochs=1", "train_size=100", "store=store.sqlite"]
_SWEEPS = ("grid.", "search.", "large.", "workers", "report", "dispatch", "data.folds")
_QUICK = {
    *(("seed", v) for v in ("huge", "environment", "list", "quote", "escape")),
    *(
        (key, "huge")
        for key in (
            "model.hidden",
            "model.filters",
            "model.window",
            "embed.dim",
            "workers",
            "grid.ladder",
        )
    ),
    ("model.widths", "list"),
    ("optim.lr", "nan"),
    ("data.text", "escape"),
}


def cases():
    for key in KEYS.values():
        for name, value in VALUES.items():
            wanted = name in _OF_KIND[_kind(key)] or (key.name, name) in _QUICK
            if wanted and (key.name, name) not in _OBEYED:
                yield _case(key, name, value)
    for group in ("data", "embed", "model", "optim", "experiment"):
        for name in ("empty", "null", "word", "list", "mapping", "escape", "environment"):
            value = VALUES[name]
            yield Case(
                "config",
                f"{group}={name}",
                [Step("train", [*RANDOM, f"{group}={value}"])],
                fill,
                "refused" if name not in ("null", "empty") else "either",
            )
    for name, word in _WORDS.items():
        yield Case("config", f"word {name}", [Step("train", [*RANDOM, word])], fill, "refused")


_WORDS = {
    "lone": "nonsense",
    "equals": "=",
    "no key": "=3",
    "unknown": "sede=1",
    "plus": "+more=1",
    "deletion": "~seed",
    "deep": "data.train.more=1",
    "hydra": "hydra.run.dir=x",
    "empty": "",
    "brackets": "seed=[",
    "flag": "--cfg",
    "dash": "-x",
    "spaces": "a b=c",
    "braces": "x={",
    "space before": "seed =1",
    "escape": "se\x1b[2Jed=1",
    "not text": "data.text=\udcff",
}


def _case(key, name, value):
    group = key.name.partition(".")[0]
    extra = _NEEDS.get(key.name, _NEEDS.get(group, []))
    base = _WORLD if key.name.startswith("data.world") else RANDOM
    if key.name in (
        "embed.path",
        "embed.name",
        "embed.member",
        "embed.trust_pickle",
        "embed.min_coverage",
    ):
        base = (
            PRETRAINED
            if key.name != "embed.name"
            else [w for w in PRETRAINED if not w.startswith("embed")]
        )
    single = not key.name.startswith(_SWEEPS)
    out = ["out=out"] if single and key.name != "out" else []
    typed = f"{key.name.removesuffix('.kind').removesuffix('.name') if key.choices else key.name}"
    script = "decide" if key.name == "budget" else "train"
    base = base if script == "train" else PRETRAINED
    base = [w for w in base if not w.startswith(f"{typed}=")]
    step = Step(script, [*base, *extra, *out, f"{typed}={value}"])
    return Case(
        "config",
        f"{key.name}={name}",
        [step],
        fill,
        _expected(key, name, value),
        says=_said(key, typed, value, name),
        right=partial(_holds, key, value) if single and key.name != "out" else _anything,
        quick=(key.name, name) in _QUICK,
    )


def _anything(folder, ended):
    return None


def _kind(key):
    kinds = _kinds(key)
    if any("list" in str(kind) for kind in kinds):
        return "list"
    if key.choices or bool in kinds:
        return "choice"
    return "text" if str in kinds else "number"


def _kinds(key):
    return key.type.__args__ if isinstance(key.type, UnionType) else (key.type,)


def _expected(key, name, value):
    """Refused where the value is none of the key's type or range."""
    kinds = _kinds(key)
    if name == "null":
        return "either" if NoneType in kinds or list[int] in kinds else "refused"
    if name in ("list", "strings", "mapping") and not any("list" in str(kind) for kind in kinds):
        return "either" if str in kinds else "refused"
    if name in ("environment", "nowhere") and str not in kinds:
        return "refused"
    if key.choices:
        return "either" if value in key.choices or name in ("true", "list") else "refused"
    if bool in kinds:
        return "either" if name in ("true", "zero", "huge", "negative") else "refused"
    if int in kinds or float in kinds:
        number = float("nan")
        with suppress(ValueError):
            number = float(value)
        bad = not isfinite(number) or (int in kinds and number != int(number))
        bad = bad or (key.minimum is not None and number < key.minimum)
        bad = bad or (key.above is not None and not number > key.above)
        bad = bad or (key.below is not None and not number < key.below)
        return "refused" if bad and name != "true" else "either"
    return "either"


def _said(key, typed, value, name):
    """The line names the key or holds the value."""
    group = key.name.partition(".")[0]
    if group == "search":
        return []  # where optuna is not installed, that comes first
    shown = [printable(value)] if value else []
    return [key.name, typed, *shown, *([f"{group}.*"] if "." in key.name else [])]


def _holds(key, value, folder, ended):
    """Where the run was done, its configuration holds what was typed."""
    config = yaml.safe_load((folder / "out" / "config.yaml").read_text("utf-8"))
    held = config
    for part in key.name.split("."):
        held = held[part]
    meant = value
    with suppress(yaml.YAMLError):
        meant = yaml.safe_load(value) if str not in _kinds(key) else value
    if str in _kinds(key) and value in ("", "null"):
        if key.name == "data.task" and held == "sentence":  # what was found stands there
            return None
        return None if held in (None, "") else f"{key.name} is {held!r}"
    if held == meant or str(held) == str(meant) or str(held).lower() == str(meant).lower():
        return None
    with suppress(TypeError, ValueError):
        if float(held) == float(value):
            return None
    return f"{key.name}={value!r} became {held!r}"
