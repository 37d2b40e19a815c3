"""What `python -m nn` does: train a net, evaluate it, predict with it, explain what it does with a sample."""
