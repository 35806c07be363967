"""Backpropagation by hand, in NumPy."""
