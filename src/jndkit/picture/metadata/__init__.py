"""What a file says beside its pixels, read and made true of the pixels we write: EXIF, XMP and our own mark.

`ifd` holds the tag tables that EXIF blocks and TIFF files share; `policy` says which metadata is written back.
"""
