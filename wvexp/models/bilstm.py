"""The bidirectional LSTM (Hochreiter and Schmidhuber 1997), of token and of sentence tasks."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wvexp.config.key import key
from wvexp.data.features import AFFIX, CASE
from wvexp.errors import UserError
from wvexp.models.draw import Parameters
from wvexp.models.keys import (
    check_features,
    crf_key,
    dropout_key,
    features_key,
    hidden_key,
    pool_key,
)
from wvexp.models.layered import LayeredModel
from wvexp.models.spec import MODELS, Arrays, ModelSpec, Shapes
from wvexp.models.view import View
from wvexp.tasks import SentenceTask, TaskKind, TokenTask

if TYPE_CHECKING:
    from torch import nn

_POOLS = ("max", "mean", "last")


@dataclass(frozen=True)
class BiLstmKeys:
    hidden: int = hidden_key()
    layers: int = key(1, "LSTM layers", minimum=1, below=3)
    pool: str | None = pool_key()
    dropout: float = dropout_key()
    variational: bool = key(
        True, "one dropout mask for all words of a text (always so in sentence tasks)"
    )
    features: list[str] | None = features_key()  # noqa: RUF009
    crf: bool = crf_key()


class BiLstm(LayeredModel):
    """What both kinds of task share."""

    name = "bilstm"
    tasks: ClassVar[tuple[type[TaskKind], ...]] = (TokenTask, SentenceTask)
    keys = BiLstmKeys
    seconds = 3e-5

    def check(self, keys: Any) -> None:
        if keys.hidden < 1:
            raise UserError(f"model.hidden={keys.hidden}: an LSTM has at least one hidden unit")
        check_features(keys.features)

    def variant(self, kind: TaskKind, keys: Any) -> ModelSpec:
        return _TOKENS if isinstance(kind, TokenTask) else _SENTENCES

    def pool(self, keys: Any) -> str | None:
        return None

    def variational(self, keys: Any) -> bool:
        return bool(keys.variational)

    def encoder(self, parameters: Arrays, keys: Any) -> Any:
        from wvexp.backprop.lstm import BiLstmEncoder

        return BiLstmEncoder(parameters, **self._settings(keys))

    def torch_encoder(self, n: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.bilstm import BiLstmEncoder

        return BiLstmEncoder(n, **self._settings(keys))

    def _settings(self, keys: Any) -> dict[str, Any]:
        return {
            "hidden": keys.hidden,
            "layers": keys.layers,
            "pool": self.pool(keys),
            "variational": self.variational(keys),
        }

    def outputs(self, n: int, keys: Any) -> int:
        return 2 * int(keys.hidden)

    def encoder_shapes(self, n: int, keys: Any) -> Shapes:
        gates = 4 * keys.hidden
        shapes: Shapes = {}
        for layer in range(keys.layers):
            for suffix in ("", "_reverse"):
                inputs = 2 * keys.hidden if layer else n
                shapes[f"lstm.weight_ih_l{layer}{suffix}"] = (gates, inputs)
                shapes[f"lstm.weight_hh_l{layer}{suffix}"] = (gates, keys.hidden)
                shapes[f"lstm.bias_ih_l{layer}{suffix}"] = (gates,)
                shapes[f"lstm.bias_hh_l{layer}{suffix}"] = (gates,)
        return shapes

    def draw(self, shapes: Shapes, rng: np.random.Generator) -> Parameters:
        """Forget gates begin open (Jozefowicz et al. 2015, section 2.2): their bias is 1."""
        drawn = super().draw(shapes, rng)
        for name, array in drawn.items():
            if ".bias_ih_" in name:
                array[len(array) // 4 : len(array) // 2] = 1
        return drawn

    def view(self, keys: Any) -> View:
        return View(tagged=self.tagged, alike=True, features=self.features(keys))

    def mask_shape(self, labels: int, texts: int, d: int, keys: Any) -> tuple[int, int]:
        rows = texts if self.variational(keys) else labels
        return rows, self.inputs(d, keys) + 2 * keys.hidden * keys.layers

    def activations(self, d: int, longest: int, keys: Any) -> int:
        per_token = 2 * self.inputs(d, keys) + 12 * keys.hidden * keys.layers
        return per_token if self.tagged else longest * per_token


class _OfTokens(BiLstm):
    """A label for every token."""

    tasks = (TokenTask,)
    ways = MappingProxyType(
        {
            "layers": [2, 1],
            "variational": [True, False],
            "features": [[CASE.name, AFFIX.name], []],
            "crf": [True, False],
        }
    )

    def check(self, keys: Any) -> None:
        super().check(keys)
        if keys.pool is not None:
            raise UserError(
                f"model.pool={keys.pool} means nothing where every token has a label",
                "leave it out",
            )


class _OfSentences(BiLstm):
    """A label for every text, from its words' states together."""

    tasks = (SentenceTask,)
    ways = MappingProxyType({"layers": [2, 1], "pool": ["max", "mean", "last"]})

    def check(self, keys: Any) -> None:
        super().check(keys)
        if keys.crf:
            raise UserError("model.crf=true needs a label for every token", "leave it out")
        if keys.pool not in (None, *_POOLS):
            raise UserError(
                f"model.pool={keys.pool} is not one of model=bilstm", f"take {', '.join(_POOLS)}"
            )

    def pool(self, keys: Any) -> str | None:
        return keys.pool or _POOLS[0]

    def variational(self, keys: Any) -> bool:
        return True


BILSTM = MODELS.register(BiLstm())
_TOKENS, _SENTENCES = _OfTokens(), _OfSentences()
