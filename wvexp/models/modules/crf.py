"""Linear-chain conditional random field (Lafferty et al. 2001; Collobert et al. 2011, 3.3.2)."""

import torch
from torch import Tensor, nn

from wvexp.backprop.moves import FORBIDDEN, Moves, all_moves


class Crf(nn.Module):
    """Loss and best paths of the scores [T, K] of flat sentences; see `wvexp.backprop.crf.Crf`.

    A path scores its labels' scores, the transition from each label to the next, the start score
    of its first label and the end score of its last. All start from 0: a softmax at each token.
    """

    def __init__(self, classes: int, allowed: Moves | None = None) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(classes, classes))
        self.start = nn.Parameter(torch.zeros(classes))
        self.end = nn.Parameter(torch.zeros(classes))
        self.allow(allowed or all_moves(classes))

    def allow(self, moves: Moves) -> None:
        """Permit these moves alone."""
        # No part of the state: what training permitted is saved beside it.
        for name, permitted in moves._asdict().items():
            there = ~torch.from_numpy(permitted).to(self.start.device)
            self.register_buffer(f"no_{name}", there, persistent=False)

    def loss(self, scores: Tensor, offsets: Tensor, labels: Tensor) -> Tensor:
        """Negative log-likelihood of labels [T], summed over the sentences and divided by T.

        scores [T, K]; offsets [B + 1], sentence i is scores[offsets[i]:offsets[i + 1]].
        """
        transitions, start, end = self._moves()
        offsets = offsets.unique_consecutive()  # a sentence without tokens adds nothing
        inner = torch.ones(len(labels), dtype=torch.bool, device=labels.device)
        inner[offsets[:-1]] = False
        inner = inner[1:]  # the pairs of labels of one sentence
        observed = (
            scores.gather(1, labels[:, None]).sum()
            + transitions[labels[:-1][inner], labels[1:][inner]].sum()
            + start[labels[offsets[:-1]]].sum()
            + end[labels[offsets[1:] - 1]].sum()
        )
        padded, lengths = _padded(scores, offsets)
        alpha = start + padded[0]  # [B, K]
        for t in range(1, len(padded)):
            # [B, K, 1] + [K, K]: what reaches label j of each sentence from each label i
            reached = torch.logsumexp(alpha[:, :, None] + transitions, 1) + padded[t]
            alpha = torch.where((t < lengths)[:, None], reached, alpha)
        log_z = torch.logsumexp(alpha + end, 1)
        return (log_z.sum() - observed) / len(scores)

    def marginals(self, scores: Tensor, offsets: Tensor) -> Tensor:
        """[T, K], the probability of each label of each token: the slope of log Z in its score."""
        if not len(scores):
            return scores
        with torch.enable_grad():
            varied = scores.detach().clone().requires_grad_()
            anything = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
            # The observed part of the loss is a constant but for its own scores.
            total = self.loss(varied, offsets, anything) * len(scores)
            total = total + varied.gather(1, anything[:, None]).sum()
            (slopes,) = torch.autograd.grad(total, varied)
        return slopes

    @torch.no_grad()
    def decode(self, scores: Tensor, offsets: Tensor) -> Tensor:
        """The labels [T] of each sentence's most probable path; ties as `backprop.crf.Crf`'s."""
        if not len(scores):
            return torch.zeros(0, dtype=torch.long, device=scores.device)
        transitions, start, end = self._moves()
        offsets = offsets.unique_consecutive()
        padded, lengths = _padded(scores, offsets)
        best = start + padded[0]
        here = torch.arange(len(start), device=scores.device)
        came_from = []
        for t in range(1, len(padded)):
            reached, source = (best[:, :, None] + transitions).max(1)
            within = (t < lengths)[:, None]
            best = torch.where(within, reached + padded[t], best)
            # Beyond its end a sentence stays where it is.
            came_from.append(torch.where(within, source, here))
        paths = [(best + end).argmax(1)]
        for source in reversed(came_from):
            paths.append(source.gather(1, paths[-1][:, None])[:, 0])
        within = torch.arange(len(padded), device=scores.device) < lengths[:, None]
        return torch.stack(paths[::-1], 1)[within]

    def _moves(self) -> tuple[Tensor, ...]:
        return tuple(
            getattr(self, name).masked_fill(getattr(self, f"no_{name}"), FORBIDDEN)
            for name in Moves._fields
        )


def _padded(scores: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """The scores as [longest, B, K], and the sentences' lengths [B]."""
    lengths = offsets.diff()
    sentences = scores.split(lengths.tolist())
    return nn.utils.rnn.pad_sequence(list(sentences)), lengths
