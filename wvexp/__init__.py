"""Pretrained or random word vectors, frozen or fine-tuned: measured, not guessed."""

__version__ = "0.1.0"
