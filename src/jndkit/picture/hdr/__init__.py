"""Gain maps: the second picture by which phones make an HDR picture of an SDR one.

    JPEG file -> finding (mpf, gcontainer, metadata) -> GainMap -> container (mpf, gcontainer) -> JPEG file

A gain map is a JPEG file of its own behind the first picture. Its bytes are carried as they are and never decoded here.
"""
