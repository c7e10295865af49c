"""What a file of each format says before its pixels are decoded, and our own reading of what libraries leave out.

One module a format: `sniffing` tells which it is; `jpeg`, `png`, `pnm` and `tiff` look through headers and segments,
`heif` and `jxl` call the libraries that decode these formats, `png_colour` asks `colour` what a PNG file means, and
`jxl_*` read what libjxl's binding does not hand over: header, profile, and the entropy code it is packed with. `boxes`
walks the boxes of HEIC, AVIF and JPEG XL files.
"""
