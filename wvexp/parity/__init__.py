"""What proves the two engines equal."""
