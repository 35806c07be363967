"""Many runs: what to train, on which threads or machines, and what of it is done."""
