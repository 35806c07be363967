"""The vectors that a configuration names: a file, gensim data, own text, the built-in world."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wvexp.config.schema import Config, Data, Embed
from wvexp.data.reading.limits import TextLimits
from wvexp.data.split import Task
from wvexp.machine import require_memory
from wvexp.tasks import TASKS, kind_of_text
from wvexp.training.saved import VectorSource
from wvexp.vectors.limits import Limits

if TYPE_CHECKING:
    from wvexp.vectors.own.kept import OwnVectors

# What a number of the world's vectors takes while they are trained: two matrices of them, their
# gradients, and copies.
_VECTOR_BYTES = 16
# Components of the world's vectors where no number is given.
_WORLD_DIM = 50


@dataclass(frozen=True)
class OpenVectors:
    """A vector file that has been recognised, its rows not yet read."""

    source: VectorSource
    lowercased: bool
    embed: Embed

    def load(self, words: set[str]) -> Any:
        """The vectors of the given words, as gensim's `KeyedVectors`."""
        from wvexp.vectors.pretrained import load_vectors

        assert self.source.path is not None
        return load_vectors(
            self.source.path,
            words,
            self.source.member,
            self.embed.trust_pickle,
            limits=_limits(self.embed),
        )


def open_vectors(config: Config) -> OpenVectors | None:
    """Recognise the vectors that the configuration names, trained first where they are of own text.

    None where it names none, and in a dry run, which trains nothing, for own text without any.
    """
    from wvexp.vectors.checks import require_dim
    from wvexp.vectors.pretrained import describe_vectors, fingerprint_vectors

    embed = config.embed
    path, member = _file_named(embed), embed.member
    if embed.corpus:
        own = _own_vectors(config, path)
        if config.dry_run and not own.place.is_file():
            own.check()
            return None
        path, member = own.made(), None
    if path is None:
        return None
    about = describe_vectors(path, member, embed.trust_pickle, _limits(embed))
    require_dim(str(path), about.dim, embed.dim)
    source = VectorSource(str(path.resolve()), member, fingerprint_vectors(path, member))
    return OpenVectors(source, about.casing == "lower", embed)


def _file_named(embed: Embed) -> Path | None:
    from wvexp.vectors.pretrained import named_path

    if embed.name:
        return named_path(embed.name)
    return Path(embed.path).expanduser() if embed.path else None


def _own_vectors(config: Config, start: Path | None) -> "OwnVectors":
    """What is trained on own text: its words tokenised and lower-cased as the data's are.

    Where nobody says whether to lower-case, as the file from which training goes on, else as typed.
    """
    from wvexp.vectors.own.kept import OwnVectors
    from wvexp.vectors.own.text import OwnText
    from wvexp.vectors.own.training import GoneOnFrom
    from wvexp.vectors.pretrained import describe_vectors

    data, embed = config.data, config.embed
    assert embed.corpus is not None
    limits = _limits(embed)
    lowercase = data.lowercase == "true"
    if data.lowercase == "auto" and start is not None:
        about = describe_vectors(start, embed.member, embed.trust_pickle, limits)
        lowercase = about.casing == "lower"
    return OwnVectors(
        OwnText(
            Path(embed.corpus).expanduser(),
            embed.corpus_text,
            data.tokenizer,
            lowercase,
            TextLimits(data.max_line_mb, data.max_file_gb, column="embed.corpus_text"),
        ),
        embed.method,
        embed.dim,
        embed.own,
        GoneOnFrom(start, embed.member, embed.trust_pickle, limits) if start else None,
    )


def _limits(embed: Embed) -> Limits:
    return Limits.of(embed.max_line_mb, embed.max_file_gb)


def world_table(data: Data, task: Task, dim: int | None) -> tuple[Any, VectorSource]:
    from wvexp.data.world import world_vectors

    dim = dim or _WORLD_DIM
    require_memory(
        f"embed.dim={dim}: the world's vectors",
        _VECTOR_BYTES * dim * data.world_vocabulary,
        "give a smaller embed.dim",
    )
    task = kind_of_text(TASKS[task].listed).name
    keyed = world_vectors(task, data.world_seed, dim, data.world_vocabulary)
    return keyed, VectorSource(None, None, hashlib.sha256(keyed.vectors).hexdigest()[:16])
