"""Coefficients to a JPEG file.

Source: ITU-T T.81, B.2 (markers and segments).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial

import numpy as np

from jndkit.codecs.jpeg.coefficients import Blocks, Coefficients, Table
from jndkit.codecs.jpeg.huffman import SYMBOLS, Counts, code
from jndkit.codecs.jpeg.interleaving import dc_first, sequential
from jndkit.codecs.jpeg.metadata import JFIF
from jndkit.codecs.jpeg.packing import packed
from jndkit.codecs.jpeg.scans import Band, Plan, is_smaller_in_one_scan, plan
from jndkit.codecs.jpeg.symbols import SYMBOL_SPACE, ZIGZAG, Entries, Refinement, Stream, first_scan, in_zigzag
from jndkit.picture.formats.jpeg import segment
from jndkit.threads import side_by_side, together

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SOF_SEQUENTIAL, _SOF_PROGRESSIVE, _DHT, _SOS, _DQT = 0xC0, 0xC2, 0xC4, 0xDA, 0xDB
_DC, _AC = 0x00, 0x10  # the class of a Huffman table, to which its number is added


def write(coefficients: Coefficients, metadata: bytes = b"", progressive: bool | None = None) -> bytes:
    """A JPEG file of exactly these coefficients, with Huffman tables and scans chosen for the fewest bytes.

    metadata: whole marker segments, such as `segments` makes of a picture's; they follow the one of JFIF.
    progressive: whether the file is; None for what should be smaller.
    """
    spectra = [in_zigzag(component.coefficients) for component in coefficients.components]
    plans: list[Plan] = []
    if progressive is not False:
        chroma, luma = together(partial(_planned, spectra[1:]), partial(_planned, spectra[:1]))
        plans = luma + chroma
        if progressive is None and is_smaller_in_one_scan(plans):
            plans = []
    frame = _frame(coefficients, _SOF_PROGRESSIVE if plans else _SOF_SEQUENTIAL)
    scans = _progressive(coefficients, spectra, plans) if plans else _sequential(coefficients, spectra)
    return b"".join([_START, JFIF, metadata, _quantisation(coefficients), frame, *scans, _END])


def _planned(spectra: Sequence[Blocks]) -> list[Plan]:
    return [plan(Entries.of(spectrum)) for spectrum in spectra]


def _tables(coefficients: Coefficients) -> tuple[list[Table], list[int]]:
    """The different quantisation tables, and the number of each component's."""
    tables: list[Table] = []
    numbers = []
    for component in coefficients.components:
        same = (number for number, table in enumerate(tables) if np.array_equal(table, component.table))
        numbers.append(next(same, len(tables)))
        if numbers[-1] == len(tables):
            tables.append(component.table)
    return tables, numbers


def _quantisation(coefficients: Coefficients) -> bytes:
    tables, _ = _tables(coefficients)
    bodies = (bytes([n]) + table.reshape(64)[ZIGZAG].astype(np.uint8).tobytes() for n, table in enumerate(tables))
    return segment(_DQT, b"".join(bodies))


def _frame(coefficients: Coefficients, marker: int) -> bytes:
    _, numbers = _tables(coefficients)
    body = struct.pack(">BHHB", 8, coefficients.height, coefficients.width, len(numbers))
    for number, (component, table) in enumerate(zip(coefficients.components, numbers, strict=True)):
        body += bytes([number + 1, component.horizontal << 4 | component.vertical, table])
    return segment(marker, body)


def _sequential(coefficients: Coefficients, spectra: list[Blocks]) -> list[bytes]:
    tables = [_DC, _AC] if len(spectra) == 1 else [_DC, _DC | 1, _AC, _AC | 1]
    components = [(number, 0x11 if number else 0x00) for number in range(len(spectra))]
    return [_scan(components, Band(0, 63, 0, 0), sequential(coefficients, spectra), tables)]


def _progressive(coefficients: Coefficients, spectra: list[Blocks], plans: Sequence[Plan]) -> list[bytes]:
    chroma = [int(number > 0) for number in range(len(spectra))]
    components = [(number, table << 4) for number, table in enumerate(chroma)]
    bands = [(band, number) for number, one in enumerate(plans) for band in one.bands]
    bands.sort(key=lambda scan: (scan[0].turn, scan[1]))

    def made(scan: tuple[Band, int] | None) -> bytes:
        if scan is None:
            dc = dc_first(coefficients, spectra, chroma)
            return _scan(components, Band(0, 0, 0, 0), dc, sorted({_DC | table for table in chroma}))
        band, number = scan
        entries = plans[number].levels[band.shift]
        stream = Refinement.of(entries).stream() if band.previous else first_scan(entries, band.low, band.high)
        return _scan([(number, 0)], band, stream, [_AC])

    return side_by_side(made, [None, *bands])


def _scan(components: Sequence[tuple[int, int]], band: Band, stream: Stream, tables: Sequence[int]) -> bytes:
    """Huffman tables, header and data of a scan.

    components: of each its number and, in one byte, those of its tables for DC and AC.
    tables: class and number of each table of the stream.
    """
    codes = [code(histogram) for histogram in _histograms(stream, len(tables))]
    written = b"".join(bytes([table]) + one.written() for table, one in zip(tables, codes, strict=True))
    header = bytes([len(components)]) + b"".join(bytes([number + 1, chosen]) for number, chosen in components)
    header += bytes([band.low, band.high, band.previous << 4 | band.shift])
    words = np.concatenate([one.words for one in codes])[stream.symbols]
    lengths = np.concatenate([one.lengths for one in codes])[stream.symbols]
    data = packed(words << stream.counts | stream.bits, lengths + stream.counts)
    return segment(_DHT, written) + segment(_SOS, header) + data


def _histograms(stream: Stream, tables: int) -> Counts:
    counts = np.bincount(stream.symbols, minlength=tables * SYMBOL_SPACE)
    return counts.reshape(tables, SYMBOL_SPACE)[:, :SYMBOLS]
