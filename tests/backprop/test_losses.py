"""Cross-entropy, squared error and max-margin, from their definitions."""

import numpy as np
import pytest

from wvexp.backprop.losses import (
    binary_cross_entropy,
    margin_loss,
    softmax_cross_entropy,
    squared_error,
)


def test_loss_is_minus_the_log_of_the_labels_probability():
    logits = np.array([[1.0, 2.0, 0.5], [0.0, 0.0, 3.0]])
    losses, _ = softmax_cross_entropy(logits, np.array([1, 0]))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(losses, -np.log([p[0, 1], p[1, 0]]), rtol=1e-14)


def test_gradient_is_p_minus_1_for_the_label_and_p_for_every_other_class():
    logits = np.random.default_rng(0).normal(size=5)
    label = 2
    p = np.exp(logits) / np.exp(logits).sum()
    _, d_logits = softmax_cross_entropy(logits[None], np.array([label]))
    h = 1e-6
    for c in range(5):
        expected = p[c] - 1 if c == label else p[c]
        assert d_logits[0, c] == pytest.approx(expected, rel=1e-12)
        moved = [
            softmax_cross_entropy((logits + s * h * np.eye(5)[c])[None], np.array([label]))
            for s in (1, -1)
        ]
        slope = (moved[0][0][0] - moved[1][0][0]) / (2 * h)
        assert slope == pytest.approx(expected, abs=1e-8)


def test_large_logits_neither_overflow_nor_lose_the_loss():
    losses, d_logits = softmax_cross_entropy(np.array([[1000.0, -1000.0]]), np.array([1]))
    assert losses.tolist() == [2000.0]
    assert d_logits.tolist() == [[1.0, -1.0]]


def test_one_examples_large_logits_leave_the_loss_of_others_alone():
    losses, d_logits = softmax_cross_entropy(np.array([[1e4, 0.0], [0.0, 0.0]]), np.array([0, 0]))
    assert losses.tolist() == [0.0, pytest.approx(np.log(2))]
    assert d_logits.tolist() == [[0, 0], [-0.5, 0.5]]


def test_one_class_has_loss_and_gradient_zero():
    losses, d_logits = softmax_cross_entropy(np.array([[3.0]]), np.array([0]))
    assert losses.tolist() == [0.0]
    assert d_logits.tolist() == [[0.0]]


def test_margin_is_met_at_1():
    losses, d_corrupt = margin_loss(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.5]))
    assert losses.tolist() == [0.0, 0.0, 1.5]
    assert d_corrupt.tolist() == [0.0, 0.0, 1.0]


def test_of_several_labels_each_is_a_question_of_its_own():
    logits = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 3.0]])
    labels = np.array([[True, True, False], [False, False, False]])
    losses, d_logits = binary_cross_entropy(logits, labels)
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(losses, -np.log(np.where(labels, p, 1 - p)).sum(axis=1))
    np.testing.assert_allclose(d_logits, p - labels, rtol=1e-14)
    h = 1e-6
    for at in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[at] = h
        up, down = (binary_cross_entropy(logits + sign * step, labels)[0] for sign in (1, -1))
        assert (up - down)[at[0]] / (2 * h) == pytest.approx(d_logits[at], abs=1e-8)


def test_large_logits_of_several_labels_neither_overflow_nor_lose_the_loss():
    logits, labels = np.array([[1e4, -1e4, 1e4]]), np.array([[False, True, True]])
    losses, d_logits = binary_cross_entropy(logits, labels)
    assert losses.tolist() == [2e4]
    assert d_logits.tolist() == [[1.0, -1.0, 0.0]]


def test_a_squared_error_pulls_twice_its_size():
    losses, d_scores = squared_error(np.array([[3.0], [-1.0]]), np.array([1.0, -1.0]))
    assert losses.tolist() == [4.0, 0.0]
    assert d_scores.tolist() == [[4.0], [0.0]]
    h = 1e-6
    up, down = (squared_error(np.array([[3.0 + s]]), np.array([1.0]))[0][0] for s in (h, -h))
    assert (up - down) / (2 * h) == pytest.approx(4, abs=1e-8)
