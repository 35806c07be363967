"""The linear-chain conditional random field: a label for each token, scored as a whole path.

    s(y) = start[y_1] + Σ_t o_t[y_t] + Σ_t transitions[y_t-1, y_t] + end[y_L]     a number
    log Z = log Σ_y e^s(y), over all K^L paths y                                 a number
    loss = Σ over the sentences of (log Z - s(labels)) / T

Lafferty, McCallum and Pereira 2001; above a neural network Collobert et al. 2011, section 3.3.2.
The derivation is in docs/backprop-crf.md, under the same names.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.chain import Chain, Floats, expectations, expected_less_observed
from wvexp.backprop.moves import FORBIDDEN, Moves, all_moves
from wvexp.backprop.paths import best_paths, path_scores


class Crf:
    """Loss, gradient, best paths and marginals of the scores [T, K] of flat sentences.

    Sentence i is scores[offsets[i]:offsets[i + 1]]; one without tokens adds nothing.

    Parameters
    ----------
    parameters
        transitions [K, K], the score of going from label i to label j; start [K]; end [K]. The
        arrays are read anew on each call: an optimiser may change them in place.
    allowed
        the moves that are permitted, all where it is None. Another move has probability 0, gets no
        gradient and is never decoded, whatever its parameter says. `labels` of a loss may make
        none: training data that break the rules of their scheme widen them, see
        `wvexp.metrics.tag_moves.allowed_moves`.
    """

    def __init__(self, parameters: Mapping[str, Array], *, allowed: Moves | None = None) -> None:
        self.transitions, self.start, self.end = (parameters[name] for name in Moves._fields)
        K = len(self.start)
        self.allowed = all_moves(K) if allowed is None else allowed
        shapes = {"transitions": (K, K), "start": (K,), "end": (K,)}
        for name, expected in shapes.items():
            _expect(name, parameters[name].shape, expected)
            _expect(f"allowed.{name}", getattr(self.allowed, name).shape, expected)

    def loss(self, scores: Array, offsets: NDArray[np.int64], labels: NDArray[np.integer]) -> float:
        """Negative log-likelihood of labels [T], summed over the sentences and divided by T.

        So it compares with a mean cross-entropy per token. Forward-backward runs here.

        Raises
        ------
        ValueError
            A label outside 0..K-1, or a move that is not permitted.
        """
        _expect("labels", labels.shape, (len(scores),))
        self.dtype, self.offsets = scores.dtype, offsets
        self.labels = labels.astype(np.int64)
        chain, wide = self._chain(), _wide(scores)
        log_z, self.expected, self.counts = self._expectations(wide, offsets, chain)
        found, wrong = path_scores(wide, offsets, self.labels, chain)
        if wrong >= 0:
            raise ValueError(
                f"label {labels[wrong]} of token {wrong}: expected one of {scores.shape[1]}, "
                f"reached and left by permitted moves"
            )
        return float(np.sum(log_z - found)) / max(len(scores), 1)

    def backward(self) -> tuple[Array, dict[str, Array]]:
        """The gradient of the last `loss`: of the scores [T, K], and of each parameter, by name.

        What the model expects less what is observed.
        """
        d_scores, *moves = expected_less_observed(
            self.expected, self.counts, self.offsets, self.labels
        )
        dtype = self.transitions.dtype
        named = zip(Moves._fields, moves, strict=True)
        return d_scores.astype(self.dtype), {name: d.astype(dtype) for name, d in named}

    def decode(self, scores: Array, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The labels [T] of each sentence's most probable path.

        Of equal ones that whose last label comes first, then the label before it, and so on. Where
        a sentence has no permitted path, it is one of those with the fewest forbidden moves.
        """
        self._expect_scores(scores, offsets)
        moves = [
            np.where(permitted, parameter, FORBIDDEN).astype(scores.dtype)
            for permitted, parameter in self._permitted()
        ]
        paths: NDArray[np.int64] = best_paths(np.ascontiguousarray(scores), offsets, *moves)
        return paths

    def marginals(self, scores: Array, offsets: NDArray[np.int64]) -> Array:
        """[T, K], the probability of each label of each token.

        Raises
        ------
        ValueError
            A sentence has no permitted path.
        """
        return self._expectations(_wide(scores), offsets, self._chain())[1].astype(scores.dtype)

    def _expectations(
        self, scores: Floats, offsets: NDArray[np.int64], chain: Chain
    ) -> tuple[Floats, Floats, Floats]:
        """log Z [B], marginals [T, K], expected counts of the transitions [K, K]."""
        self._expect_scores(scores, offsets)
        log_z, marginals, counts = expectations(scores, offsets, chain)
        if np.isneginf(log_z).any():
            words = np.diff(offsets)[np.argmin(log_z)]
            raise ValueError(f"a sentence of {words} tokens has no path of permitted moves")
        return log_z, marginals, counts

    def _permitted(self) -> list[tuple[NDArray[np.bool_ | np.int64], Array]]:
        return list(zip(self.allowed, (self.transitions, self.start, self.end), strict=True))

    def _chain(self) -> Chain:
        return Chain(
            *(
                np.where(permitted, _wide(parameter), -np.inf)
                for permitted, parameter in self._permitted()
            )
        )

    def _expect_scores(self, scores: Array, offsets: NDArray[np.int64]) -> None:
        _expect("scores", scores.shape, (int(offsets[-1]), len(self.start)))


def _wide(values: Array) -> Floats:
    """In float64; what is infinite in training that diverges is no number, as -inf forbids."""
    return np.where(np.isfinite(values), values, np.nan).astype(np.float64)


def _expect(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"{name} has shape {shape}, expected {expected}")
