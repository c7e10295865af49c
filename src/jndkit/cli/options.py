"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jndkit import limits
from jndkit.errors import UsageError

MAX_PIXELS = limits.MAX_PIXELS

Inputs = Annotated[list[str], typer.Argument(metavar="PICTURE", help="Files, or folders of pictures.")]
_DISPLAYS = "desktop, 4k, laptop, phone, or a number of pixels per degree"
_SPEC = "jpeg, webp, avif or another of jnd models; auto for the smallest; options as in avif:s6,444."
Codec = Annotated[
    str | None,
    typer.Option(metavar="SPEC", help=_SPEC, show_default="what the name after -o says, else jpeg"),
]
NamedCodec = Annotated[str, typer.Option("--codec", metavar="SPEC", help=_SPEC)]
Viewers = Annotated[
    float, typer.Option(metavar="PERCENT", help="Share of viewers who should see no difference, 50 to 95 per cent.")
]
Protocol = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How people compare: aic swaps the two pictures in one place, the strictest; side-by-side shows both, as "
        "on a page; konjnd, mcl-jci; or the .toml file of a study of your own.",
    ),
]
Viewing = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|PPD",
        help=f"Display: {_DISPLAYS}.",
        show_default="the protocol's own, desktop for aic",
    ),
]
Display = Annotated[str, typer.Option("--viewing", metavar="NAME|PPD", help=f"Display: {_DISPLAYS}.")]
Observer = Annotated[str, typer.Option(metavar="NAME", help="Who judges; see jnd models.")]
Effort = Annotated[str, typer.Option(metavar="NAME", help="fast, normal or best: how many encodes to try.")]
Prefilter = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Smooth the picture within this JND model's map before coding, for a smaller file; see jnd models.",
        show_default="not at all",
    ),
]
Shave = Annotated[str | None, typer.Option("--shave", hidden=True)]  # the old spelling of --prefilter
Against = Annotated[
    str | None,
    typer.Option(
        metavar="ORIGINAL",
        help="Judge visibility against this better original of the same size; for a folder, against the pictures of "
        "the same names in this one.",
        show_default="the input itself",
    ),
]
KeepMetadata = Annotated[
    str,
    typer.Option(metavar="WHAT", help="What of colour profile, EXIF and XMP to write: all, nogps, icc or none."),
]
Sdr = Annotated[bool, typer.Option("--sdr", help="Leave out the gain map by which a phone's picture shows as HDR.")]
Width = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        help="Resample the picture to so many pixels across, in linear light, where it has more.",
        show_default="its own size",
    ),
]
Model = Annotated[str, typer.Option(metavar="NAME", help="Which model; see jnd models.")]
Variant = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="code or paper, where the two differ; or fast, for liu2010; code or smooth, the default, for shen2020.",
    ),
]
Border = Annotated[
    str, typer.Option(metavar="NAME", help="reflect; zero, as in the published code; or reflect101, for wu2016.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of the noise: the same seed gives the same bytes.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into folders inside folders.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        help="How many pictures to work on at once.",
        show_default="the processors; 1 for one picture",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="local or ray: who does the work, with a ledger in DIR by which the same command goes on where it was.",
        show_default="local, and no ledger",
    ),
]
EngineOnly = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="local or ray: who does the work.", show_default="local"),
]
Results = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Keep the rows here, in a ledger by which the same command goes on where it was.",
        show_default="printed, and kept nowhere",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="auto|local|ADDRESS",
        help="Of the Ray cluster, such as ray://head:10001; local starts one of its own.",
        show_default="the one that this machine belongs to, else one started here",
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="yes: go on where an earlier run was; no: do all again; verify: go on, and read all that is there.",
        show_default="yes, with --engine",
    ),
]
MaxFailures = Annotated[
    int | None, typer.Option(metavar="N", help="Stop once more than N pictures failed.", show_default="never")
]
Column = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of Parquet tables, the column with the pictures' bytes or addresses.",
        show_default="image, bytes, url and the like",
    ),
]
Pack = Annotated[
    str | None,
    typer.Option(
        metavar="tar|parquet",
        help="Write the results into shards, as training reads them, with a ledger.",
        show_default="a file each",
    ),
]
Variants = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC,SPEC,...",
        help="Write each picture in these formats, with a manifest and the <picture> element that names the files.",
    ),
]
Widths = Annotated[
    str | None,
    typer.Option(metavar="N,N,...", help="Pixels across of the files of a set. No picture is made larger than it is."),
]
Sizes = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help='How wide pages show the pictures, as "(max-width: 800px) 100vw, 50vw".',
        show_default="as wide as the window",
    ),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option(metavar="S", help="Give a picture up after this time.", show_default="1800, with --engine"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per line, and nothing else on stdout.")]
Folders = Annotated[list[str] | None, typer.Argument(metavar="[FOLDER]", help="Folders of pictures, or pictures.")]
Rows = Annotated[
    str | None, typer.Option(metavar="FILE", help="Keep the rows here; those already there are not made again.")
]
Plot = Annotated[str | None, typer.Option(metavar="FILE.png", help="Draw the result; needs jndkit[plot].")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace existing files.")]
MaxPixels = Annotated[int, typer.Option(metavar="N", help="Refuse pictures with more pixels.")]
Damaged = Annotated[
    str, typer.Option(metavar="HOW", help="refuse pictures whose coded data is damaged, or keep what decodes of them.")
]


def codecs(default: str) -> Any:
    """--codec of verbs that take several. default: which those are where none is named, in words."""
    return typer.Option(metavar="SPEC", help="jpeg, avif:s8,444 and the like; may be repeated.", show_default=default)


def displays(default: str) -> Any:
    """--viewing of verbs that take several. default: as in `codecs`."""
    return typer.Option(metavar="NAME|PPD", help=f"{_DISPLAYS}; may be repeated.", show_default=default)


def prefilter_named(prefilter: str | None, shave: str | None) -> str | None:
    """What --prefilter names, or --shave, as it was called before. Raises UsageError where the two differ."""
    if prefilter is not None and shave not in (None, prefilter):
        raise UsageError("--shave is the old name of --prefilter: give one of them")
    return shave if prefilter is None else prefilter


def known_codec(spec: str | None) -> None:
    """Raises UsageError for an unknown codec, and names the one that may be meant."""
    from jndkit.codecs import CODECS, by_suffix
    from jndkit.errors import unknown_choice

    name = (spec or "auto").partition(":")[0]
    if name == "auto" or name in CODECS or name in CODECS.names():
        return
    try:
        meant = by_suffix(f".{name}")  # "jpg" is how JPEG files end, which its spelling may not tell
    except UsageError:
        meant = None
    raise unknown_choice("codec", name, [*CODECS.names(), "auto"], meant=meant)
