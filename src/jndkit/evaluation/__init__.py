"""Models and codecs compared on pictures: rows first, then tables and plots from the rows alone."""
