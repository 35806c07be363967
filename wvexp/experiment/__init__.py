"""From a checked configuration to what one run reads, trains and leaves behind."""
