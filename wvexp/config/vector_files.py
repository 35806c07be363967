"""Which vectors a configuration names: one file, several side by side, or those of own text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wvexp.config.schema import Config, Embed
from wvexp.errors import UserError
from wvexp.vectors.own.settings import WORD2VEC, Training

# Endings that say how vectors are written, not whose they are.
_ENDINGS = (".txt", ".vec", ".bin", ".gz", ".xz", ".zip", ".kv", ".model")


def take_vectors(config: Config) -> None:
    """Set the single key where a list holds one file, so that there is one way to say it.

    Raises
    ------
    UserError
        Keys that contradict each other, or that would have no effect.
    """
    embed, grid = config.embed, config.grid
    listed = [f"grid.{name}={getattr(grid, name)}" for name in ("path", "name") if vars(grid)[name]]
    if listed:
        for name in ("path", "name"):
            if value := getattr(embed, name):
                raise UserError(
                    f"embed.{name}={value} means nothing beside {listed[0]}",
                    f"give embed.{name}=[{value}], which joins the list"
                    if not getattr(grid, name)
                    else "put it into the list",
                )
        if embed.member:
            raise UserError(
                f"embed.member={embed.member} is a file of one .zip, and {listed[0]} are several",
                "unpack it, and name the unpacked file",
            )
        if not embed.corpus and len(grid.path) + len(grid.name) == 1:
            embed.path, embed.name = (next(iter(one), None) for one in (grid.path, grid.name))
            grid.path, grid.name = [], []
    if embed.corpus:
        return
    plain = Embed()
    for name in ("corpus_text", "method"):
        if (value := getattr(embed, name)) != getattr(plain, name):
            raise UserError(
                f"embed.{name}={value} is for vectors of own text", "give embed.corpus=FILE"
            )
    if embed.own != Training():
        raise UserError("embed.own.* is for vectors of own text", "give embed.corpus=FILE")


def has_several(config: Config) -> bool:
    """Whether the configuration names more than one file of vectors."""
    return bool(config.grid.path or config.grid.name)


def each_file(config: Config) -> list[tuple[str, Config]]:
    """The configuration once for every file of vectors, and a short name for each.

    One file, none, or own text alone: the configuration itself.
    """
    grid, embed = config.grid, config.embed
    if not has_several(config):
        return [(short_names([embed])[0], config)]
    alone = replace(embed, corpus=None, corpus_text=None, method=WORD2VEC, own=Training())
    named = [replace(alone, path=path) for path in grid.path]
    named += [replace(alone, name=name) for name in grid.name]
    named += [embed] if embed.corpus else []
    grid = replace(grid, path=[], name=[])
    return [
        (name, replace(config, embed=one, grid=grid))
        for name, one in zip(short_names(named), named, strict=True)
    ]


def short_names(named: Sequence[Embed]) -> list[str]:
    """A name for each: of its file without endings; of its folder too, or with a number, where
    several would have it.
    """
    names = [_short(embed) for embed in named]
    alike = Counter(names)
    names = [
        f"{Path(embed.path).expanduser().absolute().parent.name}-{name}"
        if alike[name] > 1 and embed.path
        else name
        for name, embed in zip(names, named, strict=True)
    ]
    taken: Counter[str] = Counter()
    for place, name in enumerate(names):
        taken[name] += 1
        if taken[name] > 1:
            names[place] = f"{name}-{taken[name]}"
    return names


def _short(embed: Embed) -> str:
    if embed.corpus:
        return f"{Path(embed.corpus).name.split('.')[0]}-{embed.method}"
    if not embed.path:
        return embed.name or "none"
    name = Path(embed.path).expanduser().absolute().name
    while (ending := Path(name).suffix.lower()) in _ENDINGS and ending:
        name = name[: -len(ending)]
    return name
