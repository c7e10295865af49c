"""HEVC parameter sets: what BPG keeps of them in a header of its own, and how they are made again.

A BPG file has neither VPS nor SPS. The tools that an SPS may switch are listed in the header of the stream, the size
and the depth of samples in that of the file, and all else has one value; the PPS is kept as it is.

Source: ITU-T Rec. H.265, clauses 7.3.1.2, 7.3.2 and 7.3.3; BPG Specification 0.9.5, sections 3.1 to 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from jndkit.codecs.bpg.bits import BitReader, BitWriter, escaped, unescaped

VPS, SPS, PPS = 32, 33, 34
_LONGEST_HEADER = 64  # bytes; those of libbpg have 3 or 4
_LARGEST_BLOCK = 6  # log2 of the side
_RANGE_TOOLS = 9  # flags of the SPS range extension
_UNWANTED_TOOLS = 0b000010101  # of them: extended precision, high precision offsets, bypass alignment
_RANGE_EXTENSIONS = 4  # general_profile_idc, whose Main 4:4:4 16 Still Picture profile BPG is made by
_LEVEL = 255  # thirty times 8.5, which sets no limit


class Pcm(NamedTuple):
    """Blocks stored as samples: depths of luma and chroma minus 1, smallest block and range of blocks, filter off."""

    luma: int
    chroma: int
    smallest: int
    range: int
    unfiltered: bool


@dataclass(frozen=True)
class Tools:
    """What an SPS says of its coding tools, and a BPG header too.

    smallest_block, smallest_transform: log2 of the side.  block_range, transform_range: log2 of largest over smallest.
    depth: transforms may be split so often within an intra block.  sao: sample adaptive offset.
    smoothing: strong intra smoothing.  extension: the nine flags of the range extension, where there is one.
    """

    smallest_block: int
    block_range: int
    smallest_transform: int
    transform_range: int
    depth: int
    sao: bool
    pcm: Pcm | None
    smoothing: bool
    extension: int | None

    def coded(self, side: int) -> int:
        """The side of the coded picture: that of the picture up to whole blocks of the smallest size."""
        return side + -side % (1 << self.smallest_block)

    def check(self) -> None:
        """Raises ValueError for blocks that HEVC does not have, and for tools that BPG excludes."""
        largest = self.smallest_block + self.block_range
        if largest > _LARGEST_BLOCK or self.smallest_transform >= self.smallest_block or self.depth > 4:
            raise ValueError("it has block sizes that HEVC does not have")
        if self.smallest_transform + self.transform_range > min(largest, 5):
            raise ValueError("it has transform sizes that HEVC does not have")
        if self.extension is not None and self.extension & _UNWANTED_TOOLS:
            raise ValueError("it uses coding tools that BPG excludes")


class Frame(NamedTuple):
    """What else a decoder has to know. width, height: as coded.  chroma: 0 none, 1 4:2:0, 2 4:2:2, 3 4:4:4."""

    width: int
    height: int
    chroma: int
    bits: int


def header(tools: Tools) -> bytes:
    """The HEVC header of a BPG file, without its length."""
    out = BitWriter()
    _write_sizes(out, tools)
    out.ue(tools.depth)
    _write_switches(out, tools)
    out.flag(tools.smoothing)
    _write_extension(out, tools)
    return out.aligned()


def read_header(data: bytes) -> Tools:
    """Raises ValueError for what is no such header."""
    if len(data) > _LONGEST_HEADER:
        raise ValueError("it goes on after its last field")
    bits = BitReader(data)
    sizes, depth = _sizes(bits), bits.ue()
    sao, pcm = bits.flag(), _pcm(bits)
    tools = Tools(*sizes, depth, sao, pcm, bits.flag(), _extension(bits))
    if len(header(tools)) != len(data) or bits.rest():
        raise ValueError("it goes on after its last field")
    tools.check()
    return tools


def parameter_sets(tools: Tools, frame: Frame) -> list[bytes]:
    """VPS and SPS as NAL units, with all that BPG leaves out."""
    vps = BitWriter()
    vps.u(0, 4)
    vps.u(0b11, 2)  # the base layer is in the stream
    vps.u(0, 6)  # one layer
    vps.u(0, 3)  # one sub-layer
    vps.u(1, 1)
    vps.u(0xFFFF, 16)
    _write_profile(vps)
    _write_buffers(vps)
    vps.u(0, 6)
    vps.ue(0)
    vps.u(0, 2)  # no timing, no extension
    sps = BitWriter()
    sps.u(0, 4)
    sps.u(0, 3)
    sps.u(1, 1)
    _write_profile(sps)
    sps.ue(0)
    sps.ue(frame.chroma)
    if frame.chroma == 3:
        sps.flag(False)  # planes are not coded apart
    sps.ue(frame.width)
    sps.ue(frame.height)
    sps.flag(False)  # what is coded too much is cut off by whoever reads the file
    sps.ue(frame.bits - 8)
    sps.ue(frame.bits - 8)
    sps.ue(4)  # log2_max_pic_order_cnt_lsb_minus4
    _write_buffers(sps)
    _write_sizes(sps, tools)
    sps.ue(tools.depth)  # of inter blocks the same
    sps.ue(tools.depth)
    sps.u(0b01, 2)  # no scaling lists; asymmetric partitions
    _write_switches(sps, tools)
    sps.ue(0)  # no sets of reference pictures
    sps.u(0b01, 2)  # no long-term references; motion vectors are predicted
    sps.flag(tools.smoothing)
    sps.flag(False)  # no usability information
    _write_extension(sps, tools)
    return [nal_header(kind) + escaped(out.trailed()) for kind, out in ((VPS, vps), (SPS, sps))]


def nal_header(kind: int, layer: int = 0) -> bytes:
    """The two bytes that a NAL unit begins with."""
    return (kind << 9 | layer << 3 | 1).to_bytes(2)


def read_sps(nal: bytes) -> tuple[Tools, Frame]:
    """What an SPS says.

    Raises ValueError where it says what the header of a BPG file cannot express, for intra pictures.
    """
    bits = BitReader(unescaped(nal[2:]))
    bits.u(4)
    if bits.u(3):
        raise ValueError("it has several temporal layers")
    bits.u(1 + 88 + 8)  # nesting, profile, level
    if bits.ue():
        raise ValueError("it is not numbered 0")
    chroma = bits.ue()
    if chroma == 3 and bits.flag():
        raise ValueError("its planes are coded apart")
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        raise ValueError("its pictures are cropped")
    depth_luma, depth_chroma = bits.ue() + 8, bits.ue() + 8
    if depth_luma != depth_chroma and chroma:
        raise ValueError("luma and chroma have different depths")
    bits.ue()  # bits of the picture order, which an IDR picture does not state
    bits.flag()
    for _ in range(3):
        bits.ue()
    sizes = _sizes(bits)
    bits.ue()  # transforms of inter blocks, of which there are none
    depth = bits.ue()
    if bits.flag():
        raise ValueError("it has scaling lists")
    bits.flag()  # asymmetric partitions, of inter blocks alone
    sao, pcm = bits.flag(), _pcm(bits)
    if bits.ue() or bits.flag():
        raise ValueError("it refers to other pictures")
    bits.flag()  # motion vectors, of which there are none
    smoothing = bits.flag()
    if bits.flag():
        _skip_usability(bits)
    tools = Tools(*sizes, depth, sao, pcm, smoothing, _extension(bits))
    tools.check()
    return tools, Frame(width, height, chroma, depth_luma)


def _skip_usability(bits: BitReader) -> None:
    """Usability information says how pictures are shown. Raises ValueError for what no encoder of one picture says."""
    if bits.flag() and bits.u(8) == 255:  # the shape of a pixel, in a ratio of its own
        bits.u(32)
    if bits.flag():  # overscan
        bits.u(1)
    if bits.flag():  # video format and range, colours
        bits.u(4)
        if bits.flag():
            bits.u(24)
    if bits.flag():  # where chroma lies
        bits.ue()
        bits.ue()
    bits.u(3)  # neutral chroma, fields
    if bits.flag():
        raise ValueError("its pictures are cropped")
    if bits.flag():  # timing
        bits.u(64)
        if bits.flag():
            bits.ue()
        if bits.flag():
            raise ValueError("it describes a buffer")
    if bits.flag():  # restrictions
        bits.u(3)
        for _ in range(5):
            bits.ue()


def _sizes(bits: BitReader) -> tuple[int, int, int, int]:
    return bits.ue() + 3, bits.ue(), bits.ue() + 2, bits.ue()


def _write_sizes(out: BitWriter, tools: Tools) -> None:
    out.ue(tools.smallest_block - 3)
    out.ue(tools.block_range)
    out.ue(tools.smallest_transform - 2)
    out.ue(tools.transform_range)


def _pcm(bits: BitReader) -> Pcm | None:
    return Pcm(bits.u(4), bits.u(4), bits.ue(), bits.ue(), bits.flag()) if bits.flag() else None


def _write_switches(out: BitWriter, tools: Tools) -> None:
    """Sample adaptive offset, and blocks of samples."""
    out.flag(tools.sao)
    out.flag(tools.pcm is not None)
    if tools.pcm is not None:
        out.u(tools.pcm.luma, 4)
        out.u(tools.pcm.chroma, 4)
        out.ue(tools.pcm.smallest)
        out.ue(tools.pcm.range)
        out.flag(tools.pcm.unfiltered)


def _extension(bits: BitReader) -> int | None:
    """The flags of the range extension, or None."""
    if not bits.flag():
        return None
    ranged = bits.flag()
    if bits.u(7):
        raise ValueError("it has extensions that BPG does not know")
    return bits.u(_RANGE_TOOLS) if ranged else None


def _write_extension(out: BitWriter, tools: Tools) -> None:
    out.flag(tools.extension is not None)
    if tools.extension is not None:
        out.u(1 << 7, 8)
        out.u(tools.extension, _RANGE_TOOLS)


def _write_profile(out: BitWriter) -> None:
    """profile_tier_level of one layer: still pictures of the range extensions, at no level in particular."""
    out.u(_RANGE_EXTENSIONS, 8)
    out.u(1 << (31 - _RANGE_EXTENSIONS), 32)
    out.u(0b1001, 4)  # progressive frames
    # Up to 16 bits and 4:4:4: none of the limits of the smaller profiles, intra, one picture, no limit on the rate.
    out.u(0b000000110, 9)
    out.u(0, 35)
    out.u(_LEVEL, 8)


def _write_buffers(out: BitWriter) -> None:
    """One picture held, none out of order."""
    out.flag(True)
    for _ in range(3):
        out.ue(0)
