"""Pretrained or random word vectors, frozen or fine-tuned: measured, not guessed."""
