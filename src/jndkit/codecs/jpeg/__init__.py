"""JPEG: one format, several encoders, each in a file of its own.

`jpeg:plain,444,q75` names the encoder, the chroma and the setting. An encoder is one `ENCODER` (see `encoder.py`) and
one line in the table of `codec.py`.

Encoders that choose coefficients themselves hand them over as `Coefficients`, of which `write` makes the smallest file
that has exactly them:

    table = np.full((8, 8), 16, np.uint16)
    luma = Component(np.zeros((4, 5, 8, 8), np.int16), table)  # rows and columns of blocks; vertical, horizontal
    data = write(Coefficients(width=40, height=32, components=(luma,)), segments(picture))

`read` gives the coefficients of a JPEG file, without decoding a pixel: `write(read(data))` is the same picture in fewer
bytes. `with_segments` puts the same metadata into a file that another library wrote without any.
"""

from jndkit.codecs.jpeg.codec import CARD, Jpeg
from jndkit.codecs.jpeg.coefficients import Coefficients, Component
from jndkit.codecs.jpeg.encoder import Encoder
from jndkit.codecs.jpeg.metadata import segments, with_segments
from jndkit.codecs.jpeg.reading import read
from jndkit.codecs.jpeg.writing import write

__all__ = ["CARD", "Coefficients", "Component", "Encoder", "Jpeg", "read", "segments", "with_segments", "write"]
