"""The window classifier of token tasks."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wvexp.config.key import key
from wvexp.data.features import AFFIX, CASE
from wvexp.errors import UserError
from wvexp.models.headed import HeadByHand, HeadedModel
from wvexp.models.keys import check_features, crf_key, dropout_key, features_key, hidden_key
from wvexp.models.layered import LayeredModel
from wvexp.models.spec import MODELS, Arrays, ModelSpec, Shapes
from wvexp.models.view import View
from wvexp.tasks import TaskKind, TokenTask

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class WindowKeys:
    window: int = key(5, "words in a window, odd", minimum=1)
    hidden: int = hidden_key()
    dropout: float = dropout_key()
    features: list[str] | None = features_key()  # noqa: RUF009
    crf: bool = crf_key()


def _oracle() -> Any:
    from wvexp.backprop.window import WindowClassifier

    return WindowClassifier


class Window(HeadedModel):
    """Each token by the words around it (`wvexp.models.modules.window`)."""

    name = "window"
    tasks = (TokenTask,)
    keys = WindowKeys
    by_hand = HeadByHand(_oracle)
    seconds, scored, usual = 4e-6, 4096, True
    ways = MappingProxyType(
        {
            "window": [3],
            "features": [[CASE.name, AFFIX.name], [CASE.name], []],
            "crf": [True, False],
        }
    )

    def variant(self, kind: TaskKind, keys: Any) -> ModelSpec:
        return _LAYERED if keys.features or keys.crf else self

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.window import WindowModel

        return WindowModel(embedding, keys.window, keys.hidden, classes)

    def check(self, keys: Any) -> None:
        if keys.window % 2 == 0:
            raise UserError(
                f"model.window={keys.window} is even", "a window needs a word in its middle"
            )
        check_features(keys.features)

    def view(self, keys: Any) -> View:
        return View(window=keys.window)

    def inputs(self, d: int, keys: Any) -> int:
        return d * int(keys.window)


class _Layered(LayeredModel):
    """With features of the tokens or a CRF: whole sentences, so that both can be had."""

    name, tasks, keys, check = Window.name, Window.tasks, Window.keys, Window.check
    seconds = 2e-5

    def encoder(self, parameters: Arrays, keys: Any) -> Any:
        from wvexp.backprop.window_encoder import WindowEncoder

        return WindowEncoder(parameters, window=keys.window, hidden=keys.hidden)

    def torch_encoder(self, n: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.window_encoder import WindowEncoder

        return WindowEncoder(n, keys.window, keys.hidden)

    def outputs(self, n: int, keys: Any) -> int:
        return keys.hidden or n * int(keys.window)

    def activations(self, d: int, longest: int, keys: Any) -> int:
        n = self.inputs(d, keys)
        return n * (2 + int(keys.window)) + 2 * self.outputs(n, keys)

    def encoder_shapes(self, n: int, keys: Any) -> Shapes:
        if not keys.hidden:
            return {}
        return {
            "hidden.weight": (keys.hidden, n * keys.window),
            "hidden.bias": (keys.hidden,),
        }


WINDOW = MODELS.register(Window())
_LAYERED = _Layered()
