"""What a caller asks of the pipeline, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jndkit import codecs
from jndkit.errors import UsageError, check_choice
from jndkit.limits import MAX_PIXELS, check_max_pixels
from jndkit.observers import observer as named_observer
from jndkit.observers.contract import check_viewing
from jndkit.picture import Damaged, Picture, check_damaged, check_policy, check_width
from jndkit.picturewise.curves import is_known
from jndkit.picturewise.decision import BUDGET
from jndkit.pixelwise import model_card
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

Effort = Literal["fast", "normal", "best"]
KeepMetadata = Literal["all", "nogps", "icc", "none"]


@dataclass(frozen=True)
class Settings:
    """The keywords of `encode` and `predict`, which describes them. Picklable, so that processes can share it.

    Raises UsageError for what makes no sense, MissingError for a codec that is not installed.
    """

    codec: str = "jpeg"
    viewers: float = 75.0
    protocol: str = "aic"
    viewing: str | float | None = None
    observer: str = "cvvdp"
    effort: str = "normal"
    min_saving: float = 5.0
    keep_metadata: str = "all"
    force: bool = False
    max_pixels: int = MAX_PIXELS
    damaged: Damaged = "refuse"
    sdr: bool = False
    width: int | None = None
    prefilter: str | None = None
    against: str | Path | Picture | None = None
    encode: bool = True

    def __post_init__(self) -> None:
        if not 50.0 <= self.viewers <= 95.0:
            raise UsageError(f"--viewers must lie between 50 and 95 per cent, not {self.viewers:g}")
        check_choice("effort", self.effort, BUDGET)
        if not 0.0 <= self.min_saving < 100.0:
            raise UsageError(f"--min-saving must lie between 0 and 100 per cent, not {self.min_saving:g}")
        check_policy(self.keep_metadata)
        check_max_pixels(self.max_pixels)
        check_damaged(self.damaged)
        if self.width is not None:
            check_width(self.width)
        # What follows raises for what makes no sense, before any picture is opened.
        jnd_for(self.viewers, self.fit[0])
        for name in self.codec_specs:
            codec = codecs.codec(name)
            if codec.spec == codecs.card(codec.name).jpeg_mode:
                self._check_carriable(codec.spec)
        check_viewing(named_observer(self.observer), self.fit[1])
        if self.prefilter is not None:
            model_card(self.prefilter)
        if not self.encode:
            self._check_predictable()

    def _check_carriable(self, spec: str) -> None:
        """Raises UsageError where a JPEG file would have to be changed that is to be carried as it is."""
        if self.keep_metadata != "all":
            raise UsageError(f"{spec} carries the JPEG file as it is: leave out --keep-metadata {self.keep_metadata}")
        if self.sdr:
            raise UsageError(f"{spec} carries the JPEG file as it is: leave out --sdr")
        if self.prefilter is not None:
            raise UsageError(f"{spec} carries the JPEG file as it is: leave out --prefilter")
        if self.width is not None:
            raise UsageError(f"{spec} carries the JPEG file as it is: leave out --width")
        if not self.encode:
            raise UsageError(f"--no-encode does not know {spec}: how small the file becomes shows when it is made")

    def _check_predictable(self) -> None:
        """Raises UsageError where the request needs what --no-encode does not do."""
        if self.codec == "auto":
            raise UsageError("auto chooses by the size of files, and --no-encode makes none: name one codec")
        if self.prefilter is not None:
            raise UsageError("--prefilter finds its strength by reading, and --no-encode reads nothing")
        if self.against is not None:
            raise UsageError("--no-encode reads nothing, against whatever original: leave --against out")
        if self.effort != "normal":
            raise UsageError("--effort says how many encodes to try, and --no-encode tries none")
        if self.observer != "cvvdp":
            raise UsageError("--no-encode asks no observer: leave --observer out")
        codec = codecs.codec(self.codec)
        if codec.spec != codec.lossless and not is_known(codec):
            raise UsageError(f"--no-encode does not know {codec.name}: no photographs coded by it were read")

    @property
    def fit(self) -> tuple[Protocol, Viewing]:
        """The protocol as fitted at the display that is asked for, and that display."""
        return named_protocol(self.protocol, self.viewing)

    @property
    def opening(self) -> dict[str, Any]:
        """How pictures are opened: keywords of `opening.opened`."""
        return {"max_pixels": self.max_pixels, "damaged": self.damaged, "width": self.width}

    @property
    def codec_specs(self) -> tuple[str, ...]:
        """The codecs that are to be tried: the one named, or what `auto` finds installed."""
        if self.codec != "auto":
            return (self.codec,)
        # Best effort tries each codec's options, its other encoders among them.
        return codecs.automatic(rivals=self.effort != "best")
