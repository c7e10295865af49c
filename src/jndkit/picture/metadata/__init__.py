"""What a file says beside its pixels: EXIF, XMP, colour codes, and our own mark."""
