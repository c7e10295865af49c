"""Models, codecs and observers compared in tables, from rows alone.

One frame: `settings` says what is asked of every picture, `rows` what a line of the file is, `jobs` how the parts of a
picture are worked on, `run` what is left to do and what is kept, `intervals`, `tables` and `plots` how means are told.
One folder a subject (noise, codecs, picturewise, hvssd, observers), each with `settings`, `rows`, `jobs`, `summary`,
`tables` and `plots` where it has them. `metrics` are published measures that need neither display nor viewer.
"""
