"""What things cost on this machine, as ratios measured within one run."""
