"""Data sets: made from any pictures to train on, or read as others published them, people's answers among them."""
