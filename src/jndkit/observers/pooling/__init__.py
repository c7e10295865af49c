"""What observers share: what they are shown, the grid they pool over, and the windows that decide.

No observer is imported here. What is ColorVideoVDP's own, energies in bands and the quality they make, lies in
`observers.cvvdp`; `vpjnd`, whose network answers in those energies, takes it from there.
"""
