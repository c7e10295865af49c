"""The tests, in the tree of `src/jndkit`; a package so that they may import what they share by name."""
