"""What was read of the stimuli of one table, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jndkit.evaluation.observers.measures import Measure, measures
from jndkit.evaluation.observers.rows import ReadingRow
from jndkit.study.psychometric import Floats


class Readings:
    """Of one table. rows: of any; those that failed are left out."""

    def __init__(self, rows: Sequence[ReadingRow], table: str) -> None:
        good = [row for row in rows if row.table == table and row.error is None]
        self.texture = {row.input: row.texture for row in good if row.texture is not None}
        self.source = {name: row.source for row in good for name in row.readings}
        self.viewing = good[0].viewing if good else ""
        self._values: dict[str, dict[tuple[str, str], float]] = {}
        self._errors: dict[str, dict[tuple[str, str], float]] = {}
        for row in good:
            for name, values in row.readings.items():
                pairs = zip(row.stimuli, values, strict=True)
                self._values.setdefault(name, {}).update({(row.input, stimulus): value for stimulus, value in pairs})
            for name, errors in row.errors.items():
                pairs = zip(row.stimuli, errors, strict=True)
                self._errors.setdefault(name, {}).update({(row.input, stimulus): error for stimulus, error in pairs})

    @property
    def pictures(self) -> list[str]:
        return sorted(self.texture)

    def ln(self, pictures: Sequence[str], stimuli: Sequence[str]) -> Iterator[tuple[Measure, Floats]]:
        """Every measure that was read of all these, with ln(difference), float64 (N,): see `Measure.ln`."""
        keys = list(zip(pictures, stimuli, strict=True))
        for measure in measures(set(self._values)):
            values = self._values[measure.reading]
            # A measure that misses a version would be scored on easier ground than the others.
            if keys and all(key in values for key in keys):
                texture = np.array([self.texture[picture] for picture in pictures])
                yield measure, measure.ln(np.array([values[key] for key in keys]), texture)

    def stated(self, measure: Measure, pictures: Sequence[str], stimuli: Sequence[str]) -> Floats | None:
        """The error of ln(JND) that an observer states of each of these, float64 (N,); None where it states none."""
        errors = {} if measure.exponent else self._errors.get(measure.reading, {})
        keys = list(zip(pictures, stimuli, strict=True))
        return np.array([errors[key] for key in keys]) if all(key in errors for key in keys) else None

    def grid(self, stimuli: Sequence[str]) -> Iterator[tuple[Measure, Floats]]:
        """The same over all pictures and these stimuli of each: float64 (pictures, stimuli)."""
        pairs = [(picture, stimulus) for picture in self.pictures for stimulus in stimuli]
        for measure, x in self.ln([picture for picture, _ in pairs], [stimulus for _, stimulus in pairs]):
            yield measure, x.reshape(len(self.pictures), len(stimuli))
