"""What a caller asks of the pipeline, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jndkit import codecs
from jndkit.errors import UsageError, check_choice
from jndkit.limits import MAX_PIXELS, check_max_pixels
from jndkit.observers import observer as named_observer
from jndkit.picture import Damaged, check_damaged, check_policy
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
    prefilter: str | None = None
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
        # What follows raises for what makes no sense, before any picture is opened.
        jnd_for(self.viewers, self.fit[0])
        for name in self.codec_specs:
            codecs.codec(name)
        named_observer(self.observer)
        if self.prefilter is not None:
            model_card(self.prefilter)
        if not self.encode:
            self._check_predictable()

    def _check_predictable(self) -> None:
        """Raises UsageError where the request needs what --no-encode does not do."""
        if self.codec == "auto":
            raise UsageError("auto chooses by the size of files, and --no-encode makes none: name one codec")
        if self.prefilter is not None:
            raise UsageError("--prefilter finds its strength by reading, and --no-encode reads nothing")
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
    def codec_specs(self) -> tuple[str, ...]:
        """The codecs that are to be tried: the one named, or what `auto` finds installed."""
        if self.codec != "auto":
            return (self.codec,)
        return codecs.automatic()
