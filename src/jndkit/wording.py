"""Words for figures, the same in printed lines and on pages."""

from __future__ import annotations


def size(count: int) -> str:
    """148 kB"""
    if count < 1000:
        return f"{count} B"
    # What would be rounded to 1000 kB is a megabyte; to 100.0 is 100.
    unit, name = (1e3, "kB") if count < 999_500 else (1e6, "MB") if count < 999_500_000 else (1e9, "GB")
    return f"{count / unit:.{0 if count >= 99.95 * unit else 1}f} {name}"
