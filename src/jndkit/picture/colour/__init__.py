"""What pixels mean: profiles (icc) and numbers (cicp) that name a colour space, transfer curves, profiles of our own.

Nothing here knows a file format; `formats` reads what a file says of its colour and asks here what that means.
"""
