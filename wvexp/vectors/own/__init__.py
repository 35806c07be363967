"""Vectors trained on the user's own text: read, tokenised, trained once, kept."""
