"""The window classifier of token tasks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wvexp.config.key import key
from wvexp.errors import UserError
from wvexp.models.headed import HeadByHand, HeadedModel
from wvexp.models.spec import MODELS, dropout_key, hidden_key
from wvexp.models.view import View
from wvexp.tasks import TokenTask

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class WindowKeys:
    window: int = key(5, "words in a window, odd", minimum=1)
    hidden: int = hidden_key()
    dropout: float = dropout_key()


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

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.window import WindowModel

        return WindowModel(embedding, keys.window, keys.hidden, classes)

    def check(self, keys: Any) -> None:
        if keys.window % 2 == 0:
            raise UserError(
                f"model.window={keys.window} is even", "a window needs a word in its middle"
            )

    def view(self, keys: Any) -> View:
        return View(window=keys.window)

    def inputs(self, d: int, keys: Any) -> int:
        return d * int(keys.window)


WINDOW = MODELS.register(Window())
