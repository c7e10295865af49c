"""Terms of losses that more than one system may use: what is seen of an error, with slopes, and how far pictures are.

All take a reference and a test, float32 (N, 3, H, W), RGB in 0..1, and give one number a picture, 0 for equal ones.
"""
