"""What the commands do beyond training and deciding."""
