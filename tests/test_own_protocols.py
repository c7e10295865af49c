"""Protocols of the user's own: files that a study wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

import jndkit
from jndkit.errors import InputError, UsageError
from jndkit.picture import save_png
from jndkit.protocols import AIC, contents, own_protocol, protocol
from jndkit.study.making.stimuli import cropped
from jndkit.visibility import jnd_for, viewers

EXAMPLES = Path(__file__).parents[1] / "examples"
OWN = EXAMPLES / "study" / "protocol.toml"


def test_it_is_found_by_its_path() -> None:
    fit, viewing = protocol(str(OWN))
    assert viewing.name == "desktop"
    assert viewers(fit.d50, fit) == pytest.approx(50.0)
    assert jnd_for(75.0, fit) < fit.d50
    assert contents(str(OWN)).startswith("own:")
    assert contents("aic") == "aic"


def test_the_unit_may_be_another_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN.read_text().replace('"lognormal"', '"aic"').replace("spread", "spread_of_nobody"))
    fit = own_protocol(own)
    assert viewers(fit.d50 * 0.472, fit) == pytest.approx(viewers(0.472, AIC))
    assert jnd_for(75.0, fit) == pytest.approx(fit.d50 * jnd_for(75.0, AIC))


def test_people_who_looked_at_another_display_are_not_asked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="looked at desktop"):
        protocol(str(OWN), "phone")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("d50 =", "d5O =", "no protocol"),
        ("lognormal", "logistic", "neither"),
        ("share = 0.", "share = -0.", "below zero"),
        ("[error]", "[errors]", "no protocol"),
        ("name =", "name ", "no protocol"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(OWN.read_text().replace(old, new))
    with pytest.raises(InputError, match=reason):
        own_protocol(broken)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml: it cannot be read"):
        protocol("nowhere.toml")


def test_the_row_says_that_it_is_the_users_own(tmp_path: Path) -> None:
    save_png(cropped(jndkit.load(EXAMPLES / "lake.png"), (200, 160)), tmp_path / "lake.png")
    encoded = jndkit.encode(tmp_path / "lake.png", protocol=str(OWN), force=True)
    assert encoded.row.protocol == str(OWN)
    assert any("user's own" in note for note in encoded.row.notes)
    assert encoded.data is not None
    assert str(OWN).encode() not in encoded.data
