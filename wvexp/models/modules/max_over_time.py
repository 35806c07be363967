"""A convolution's largest score in each sentence, with its gradient: by hand on CPU."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, FunctionCtx


def convolve_and_pool(
    x: Tensor, weight: Tensor, bias: Tensor, begins: Tensor, counts: Tensor
) -> Tensor:
    """max(0, largest score) of each filter in each sentence: [batch, filters].

    `x` [T, d] holds the words of all sentences, one after another; the span of w words from place
    t is scored by `weight` [filters, w * d] and `bias` [filters]. Sentence b has spans that begin
    at begins[b] to begins[b] + counts[b] - 1. Kim (2014), section 2.
    """
    if x.device.type == "cpu":
        pooled: Tensor = _ConvolveAndPool.apply(x, weight, bias, begins, counts)
        return pooled
    return pool_by_torch(_scores(x, weight, bias), begins, counts)


def pool_by_torch(scores: Tensor, begins: Tensor, counts: Tensor) -> Tensor:
    """The same pooling by torch alone, on any device: `scores` [places, filters]."""
    sentence = torch.arange(len(counts), device=scores.device).repeat_interleave(counts)
    within = torch.arange(len(sentence), device=scores.device) - (
        counts.cumsum(0) - counts
    ).repeat_interleave(counts)
    own = torch.relu(scores[begins.repeat_interleave(counts) + within])
    owner = sentence[:, None].expand_as(own)
    return scores.new_zeros(len(counts), scores.shape[1]).scatter_reduce(0, owner, own, "amax")


def _scores(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Scores [T - w + 1, filters] of every span, those across two sentences among them."""
    width = weight.shape[1] // x.shape[1]
    return torch.nn.functional.linear(
        x.unfold(0, width, 1).transpose(1, 2).flatten(1), weight, bias
    )


class _ConvolveAndPool(Function):
    """Products by torch; the maximum and the way back through the winners alone by hand."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor, begins: Tensor, counts: Tensor
    ) -> Tensor:
        from wvexp.backprop.pooling import max_over_time

        scores = _scores(x, weight, bias)
        pooled = scores.new_empty(len(counts), len(weight))
        winners = torch.empty(pooled.shape, dtype=torch.int64)
        max_over_time(
            scores.numpy(),
            begins.numpy(),
            begins.numpy(),
            counts.numpy(),
            pooled.numpy(),
            winners.numpy(),
        )
        ctx.save_for_backward(x, weight, winners)
        return pooled

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        from wvexp.backprop.pooling import add_winners

        x, weight, winners = ctx.saved_tensors
        weight_gradient = torch.zeros_like(weight)
        bias_gradient = weight.new_zeros(len(weight))
        x_gradient = torch.zeros_like(x if ctx.needs_input_grad[0] else x[:0])
        add_winners(
            upstream.contiguous().numpy(),
            winners.numpy(),
            x.detach().numpy().ravel(),
            weight.detach().numpy(),
            weight_gradient.numpy(),
            bias_gradient.numpy(),
            x_gradient.numpy().ravel(),
            x.shape[1],
        )
        moved = x_gradient if ctx.needs_input_grad[0] else None
        return moved, weight_gradient, bias_gradient, None, None
