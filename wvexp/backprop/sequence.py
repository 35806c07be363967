"""A classifier made of layers: word vectors, an encoder, an output layer, and what is lost.

    x = [E_r; features]   [T, n]      one row per token of B texts, one text after another
    h = encoder(x)        [N, m]      per token (N = T) or per text (N = B), dropout in it
    o = h Uᵀ + c          [N, K]      scores
    loss                              mean over the labels of the task's loss; or of a CRF

Each layer has `forward` and `backward`: the way back hands every layer the error signal of the
layer above it (upstream), and takes from it the one of the layer below and the gradients of its
parameters.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.crf import Crf
from wvexp.backprop.features import FeatureTables
from wvexp.backprop.losses import Losses, softmax_cross_entropy
from wvexp.backprop.projection import PROJECTION
from wvexp.backprop.rows import WordRows

Offsets = NDArray[np.int64]


class Encoder(Protocol):
    """From the vectors of the words of B texts to what is classified."""

    def forward(self, x: Array, offsets: Offsets, mask: Array | None = None, **more: Any) -> Array:
        """h [T, m] or [B, m] of x [T, n]; text i is x[offsets[i]:offsets[i + 1]].

        `mask` is the dropout of everything in it, divided by the share kept. Its parameters are
        read anew on each call: an optimiser may change them in place.
        """
        ...

    def backward(self, upstream: Array, *, to_x: bool) -> tuple[Any, ...]:
        """d_x [T, n], None unless `to_x`, and the gradient of every parameter by its name.

        Of an encoder that takes `extra` the gradient of that stands between them.
        """
        ...


class SequenceClassifier:
    """Batched forward and backward in closed form.

    Parameters
    ----------
    parameters
        By their names in torch: `embedding.weight` E [V, d], `output.weight` U [K, m],
        `output.bias` c [K], those of the encoder, the features and the CRF behind a prefix each.
        With `embedding.projection` M [d, d], if there is a map of the word vectors. Gradients take
        their dtype.
    encoder
        Over its part of the parameters.
    prefix
        What stands before the names of the encoder's parameters.
    features, apart, crf
        Over their parts; None without. The features' vectors stand beside those of the words, or
        `apart`, as the encoder's `extra`. With a CRF there is a score per token and label.
    weighted
        Whether the encoder takes a weight of each token, its `token_weights`.
    losses
        As `wvexp.backprop.head.Head` takes them; not read with a CRF.
    l2, trainable, anchor, initial, fixed
        As in `WordRows`; l2 is also that of all weights that are matrices, but for feature tables.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        encoder: Encoder,
        *,
        prefix: str = "encoder.",
        features: FeatureTables | None = None,
        apart: bool = False,
        weighted: bool = False,
        crf: Crf | None = None,
        losses: Losses = softmax_cross_entropy,
        l2: float = 0.0,
        trainable: NDArray[np.bool_] | None = None,
        anchor: float = 0.0,
        initial: Array | None = None,
        fixed: int = 0,
    ) -> None:
        E, M = parameters["embedding.weight"], parameters.get(PROJECTION)
        self.rows = WordRows(E, trainable, l2, anchor, initial, fixed, M)
        self.U, self.c = parameters["output.weight"], parameters["output.bias"]
        self.encoder, self.prefix, self.crf, self.losses = encoder, prefix, crf, losses
        self.features, self.apart, self.weighted, self.l2 = features, apart, weighted, l2
        self.penalised = {
            name: array
            for name, array in parameters.items()
            if l2 and array.ndim > 1 and not name.startswith(("embedding.", "features."))
        }

    def scores(self, *inputs: Any, mask: Array | None = None, E: Array | None = None) -> Array:
        """[N, K] of a batch: rows int [T], offsets [B + 1], and between them what there is of the
        features' ids [T, slots] and the tokens' weights [T].

        E: word vectors that stand in for the trained ones, for rows that only evaluation reads.
        """
        self.words, *between, self.offsets = inputs
        x = self.rows.vectors(self.words, E)
        more: dict[str, Array] = {}
        if self.apart and self.features is not None:
            more["extra"] = self.features.forward(x[:, :0], between[0])
        elif self.features is not None:
            x = self.features.forward(x, between[0])
        if self.weighted:
            more["token_weights"] = between[-1]
        self.h = self.encoder.forward(x, self.offsets, mask, **more)
        return np.dot(self.h, self.U.T) + self.c

    def forward(self, *batch: Any) -> float:
        """The loss of a batch: its inputs as `scores` takes them, its labels, its mask or None.

        Without the penalties it is kept as `mean_loss`.
        """
        *inputs, labels, mask = batch
        scores = self.scores(*inputs, mask=mask)
        if self.crf is not None:
            self.mean_loss = self.crf.loss(scores, self.offsets, labels)
        else:
            losses, upstream = self.losses(scores, labels)
            self.upstream = upstream / len(labels)
            self.mean_loss = float(np.mean(losses))
        squares = sum(float(np.vdot(array, array)) for array in self.penalised.values())
        return self.mean_loss + 0.5 * self.l2 * squares + self.rows.penalty(self.words)

    def backward(self) -> dict[str, Any]:
        """The gradient of the last `forward`'s loss in every trained parameter.

        By the parameter's name; of the word vectors, as `E`, and of the features' tables a
        `RowGradient`.
        """
        gradients: dict[str, Any] = {}
        if self.crf is not None:
            self.upstream, found = self.crf.backward()
            gradients |= {f"crf.{name}": gradient for name, gradient in found.items()}
        gradients["output.weight"] = np.dot(self.upstream.T, self.h)
        gradients["output.bias"] = self.upstream.sum(axis=0)
        d_x, *d_extra, found = self.encoder.backward(
            np.dot(self.upstream, self.U), to_x=self.rows.learns or self.features is not None
        )
        gradients |= {f"{self.prefix}{name}": gradient for name, gradient in found.items()}
        if self.features is not None:
            d_words, tables = self.features.backward(d_extra[0] if self.apart else d_x)
            d_x = d_x if self.apart else d_words
            gradients |= {f"features.{name}": gradient for name, gradient in tables.items()}
        if self.rows.learns:
            found = self.rows.gradients(self.words, d_x)
            gradients |= {PROJECTION if name == "M" else name: one for name, one in found.items()}
        for name, array in self.penalised.items():
            gradients[name] = gradients[name] + self.l2 * array
        return gradients


def part(parameters: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The parameters behind a prefix, by their names without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in parameters.items()
        if name.startswith(prefix)
    }
