"""Every key, its meaning, what it may hold, and how a command line becomes a checked `Config`."""
