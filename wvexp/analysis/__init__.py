"""Statistics of the decision: arrays in, numbers out."""
