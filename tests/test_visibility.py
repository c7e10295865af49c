"""The scale of visibility: reference values, inverses, and the committed constants against the fits."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import protocols as fits
import side_by_side
import unseen
from jndkit import visibility
from jndkit.errors import UsageError
from jndkit.evaluation.intervals import student_t
from jndkit.evaluation.observers.population import lognormal, population
from jndkit.evaluation.observers.subjective import aic_sample
from jndkit.protocols import PROTOCOLS, Error, Protocol, protocol
from jndkit.viewing import DISPLAYS, Viewing
from jndkit.visibility import interval, jnd_for, observer_sigma, viewers, viewers_between, viewers_interval

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

AIC = protocol("aic")[0]
KONJND = protocol("konjnd")[0]
SIDE_BY_SIDE = protocol("side-by-side")[0]
ANY_SHARE = [AIC, SIDE_BY_SIDE, *PROTOCOLS["mcl-jci"]]
named = pytest.mark.parametrize("fit", ANY_SHARE, ids=lambda fit: f"{fit.name}-{fit.viewing}")

jnds = st.floats(0.0, 10.0)
shares = st.floats(0.5, 99.5)


# --- the aic form


@pytest.mark.parametrize(("share", "d"), [(75.0, 0.472), (50.0, 1.0), (90.0, 0.186), (95.0, 0.093), (25.0, 1.706)])
def test_aic_reference_values(share: float, d: float) -> None:
    assert jnd_for(share, AIC) == pytest.approx(d, abs=5e-4)
    assert viewers(jnd_for(share, AIC), AIC) == pytest.approx(share)


def test_one_jnd_is_where_three_quarters_choose_right() -> None:
    # Half detect, the other half guess.
    truly = 1.0 - viewers(1.0, AIC) / 100.0
    assert truly + (1.0 - truly) / 2.0 == pytest.approx(0.75)


@given(jnds)
def test_aic_is_the_printed_formula(d: float) -> None:
    phi = statistics.NormalDist().cdf(0.6745 * d)
    assert viewers(d, AIC) == pytest.approx(200.0 * (1.0 - phi), abs=2e-3)


# --- every protocol that tells shares


@named
@given(shares)
def test_viewers_inverts_jnd_for(fit: Protocol, share: float) -> None:
    assert viewers(jnd_for(share, fit), fit) == pytest.approx(share, rel=1e-9)


@named
@given(st.floats(0.2, 3.0))
def test_jnd_for_inverts_viewers(fit: Protocol, factor: float) -> None:
    d = fit.d50 * math.exp(math.log(factor) / 2)
    assert jnd_for(viewers(d, fit), fit) == pytest.approx(d, rel=1e-6)


@named
@given(jnds, jnds)
def test_a_larger_difference_never_satisfies_more(fit: Protocol, a: float, b: float) -> None:
    assert viewers(min(a, b), fit) >= viewers(max(a, b), fit)


@named
def test_ends_of_the_scale(fit: Protocol) -> None:
    assert viewers(0.0, fit) == 100.0
    assert viewers(math.ulp(0.0), fit) == pytest.approx(100.0)
    assert viewers(1e300, fit) == 0.0
    assert viewers(fit.d50, fit) == pytest.approx(50.0)
    assert 0.0 <= jnd_for(math.nextafter(100.0, 0.0), fit) < jnd_for(math.ulp(0.0), fit) < math.inf


def test_lognormal_reference_values() -> None:
    fit = Protocol("made", "lognormal", 1.4, 0.35, "4k", "", "", Error(0.25, 0.136))
    assert viewers(1.4 * math.exp(0.35), fit) == pytest.approx(15.8655, abs=1e-4)
    assert jnd_for(75.0, fit) == pytest.approx(1.4 * math.exp(-0.35 * 0.674490), rel=1e-6)


@pytest.mark.parametrize("share", [-1.0, 0.0, 100.0, 101.0, math.nan, math.inf])
@named
def test_shares_outside_the_scale(fit: Protocol, share: float) -> None:
    with pytest.raises(UsageError, match="per cent"):
        jnd_for(share, fit)


@pytest.mark.parametrize("d", [-0.1, math.nan, math.inf])
def test_differences_outside_the_scale(d: float) -> None:
    for answer in (lambda: viewers(d, AIC), lambda: observer_sigma(d), lambda: interval(d)):
        with pytest.raises(UsageError, match="finite number of JND"):
            answer()


# --- konjnd knows one point


def test_konjnd_answers_half_of_the_viewers() -> None:
    assert jnd_for(50.0, KONJND) == KONJND.d50
    assert not KONJND.shares
    assert all(fit.shares for fit in ANY_SHARE)


@given(shares.filter(lambda share: share != 50.0))
def test_konjnd_guesses_no_other_share(share: float) -> None:
    with pytest.raises(UsageError, match="50 % of viewers only"):
        jnd_for(share, KONJND)


@given(jnds)
def test_konjnd_turns_no_difference_into_viewers(d: float) -> None:
    for answer in (viewers, viewers_interval):
        with pytest.raises(UsageError, match="50 % of viewers only"):
            answer(d, KONJND)


# --- a protocol and its viewing


@pytest.mark.parametrize(
    ("name", "at"), [("aic", "desktop"), ("side-by-side", "desktop"), ("konjnd", "desktop"), ("mcl-jci", "4k")]
)
def test_the_protocol_sets_the_viewing(name: str, at: str) -> None:
    fit, seen = protocol(name)
    assert (fit.name, fit.viewing, seen, fit.note) == (name, at, DISPLAYS[at], None)


def test_a_viewing_picks_its_fit() -> None:
    at_4k, at_desktop = protocol("mcl-jci", "4k")[0], protocol("mcl-jci", "desktop")[0]
    assert at_4k.viewing == "4k"
    assert at_desktop.viewing == "desktop"
    assert at_4k.d50 < at_desktop.d50


@pytest.mark.parametrize("typed", ["37.84", 37.84, DISPLAYS["desktop"].ppd])
def test_the_fitted_display_may_be_given_by_number(typed: str | float) -> None:
    fit, seen = protocol("konjnd", typed)
    assert fit is KONJND
    assert seen.ppd == pytest.approx(37.84, abs=0.01)


@pytest.mark.parametrize("at", ["4k", "laptop", "phone", "60"])
@pytest.mark.parametrize("name", ["aic", "side-by-side"])
def test_what_everybody_asks_for_is_answered_everywhere_with_a_note(name: str, at: str) -> None:
    fit, seen = protocol(name, at)
    assert fit.note is not None
    assert seen.name in fit.note
    assert viewers(fit.d50, fit) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("name", "at"),
    [("konjnd", "4k"), ("konjnd", "phone"), ("konjnd", 40.0), ("mcl-jci", "laptop"), ("mcl-jci", 60.0)],
)
def test_a_combination_without_a_fit_is_an_error(name: str, at: str | float) -> None:
    with pytest.raises(UsageError, match=f"{name} has no fit at viewing"):
        protocol(name, at)


def test_a_brighter_display_is_another_display() -> None:
    desktop = DISPLAYS["desktop"]
    with pytest.raises(UsageError, match="no fit"):
        protocol("konjnd", Viewing("desktop", desktop.ppd, peak=500.0))


@named
@given(st.floats(0.5, 2.0), jnds)
def test_a_factor_moves_the_threshold_of_its_codec_alone(fit: Protocol, factor: float, d: float) -> None:
    told = replace(fit, factors=(("jpeg", factor),))
    assert told.of("avif") == told
    jpeg = told.of("jpeg")
    assert jpeg.factors == ()
    assert jnd_for(50.0, jpeg) == pytest.approx(factor * jnd_for(50.0, fit))
    assert viewers(factor * d, jpeg) == pytest.approx(viewers(d, fit), abs=1e-9)


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="choose aic, side-by-side, konjnd, mcl-jci"):
        protocol("jnd")
    with pytest.raises(UsageError, match="unknown viewing"):
        protocol("aic", "cinema")


# --- the observer's error


def test_three_quarters_carry_an_interval_of_54_to_98() -> None:
    low, high = viewers_interval(jnd_for(75.0, AIC), AIC)
    assert low == pytest.approx(54.0, abs=0.5)
    assert high == pytest.approx(98.0, abs=0.6)


def test_90_and_95_per_cent_lie_inside_the_error_of_75() -> None:
    low, high = viewers_interval(jnd_for(75.0, AIC), AIC)
    assert low < 90.0 < 95.0 < high


@given(jnds, st.floats(0.05, 0.99), st.floats(1.0, 5.0))
def test_interval_holds_its_share_of_a_normal_error(d: float, level: float, widen: float) -> None:
    low, high = interval(d, level=level, widen=widen)
    error = statistics.NormalDist(d, widen * observer_sigma(d))
    assert 0.0 <= low <= d < high
    assert error.cdf(high) == pytest.approx(0.5 + level / 2.0)
    assert low == 0.0 or error.cdf(low) == pytest.approx(0.5 - level / 2.0)


@given(st.floats(0.01, 10.0), st.floats(0.05, 0.99), st.floats(1.0, 5.0))
def test_an_error_without_a_floor_is_a_factor(d: float, level: float, widen: float) -> None:
    low, high = interval(d, SIDE_BY_SIDE, level=level, widen=widen)
    error = statistics.NormalDist(math.log(d), widen * SIDE_BY_SIDE.error.share)
    assert error.cdf(math.log(high)) == pytest.approx(0.5 + level / 2.0)
    assert low * high == pytest.approx(d * d)


@given(jnds, jnds)
def test_interval_moves_with_the_reading(a: float, b: float) -> None:
    below, above = interval(min(a, b)), interval(max(a, b))
    assert below[0] <= above[0]
    assert below[1] <= above[1]


@named
@given(jnds, st.floats(1.0, 5.0))
def test_viewers_interval_encloses_and_widens(fit: Protocol, d: float, widen: float) -> None:
    low, high = viewers_interval(d, fit)
    wide_low, wide_high = viewers_interval(d, fit, widen=widen)
    assert 0.0 <= wide_low <= low <= viewers(d, fit) <= high <= wide_high <= 100.0


@pytest.mark.parametrize("arguments", [{"level": 0.0}, {"level": 1.0}, {"level": math.nan}, {"widen": 0.9}])
def test_interval_rejects(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        interval(1.0, **arguments)


# --- the committed constants are the outputs of the fits


def test_monotone_interpolation_keeps_points_and_order() -> None:
    x, y = np.array([15.0, 25.0, 45.0, 97.0]), np.array([4.0, 2.5, 2.4, 0.1])
    assert fits.monotone(x, y, x) == pytest.approx(y)
    assert (np.diff(fits.monotone(x, y, fits.QUALITY)) <= 0.0).all()
    assert fits.monotone(x, 3.0 * x, fits.QUALITY) == pytest.approx(3.0 * fits.QUALITY)


def test_the_log_normal_fit_finds_the_truth() -> None:
    log_d = np.log(np.outer([0.7, 1.0, 1.6], np.geomspace(6.0, 0.2, 60)))
    found = lognormal(log_d, population(log_d, 1.7, 0.3))
    assert found == pytest.approx((1.7, 0.3), rel=1e-4)


def _committed() -> dict[str, float]:
    """The rounded constants by the row and key of the script's output that each must equal."""
    at_4k, at_desktop = PROTOCOLS["mcl-jci"]
    assert at_4k.spread is not None
    assert at_desktop.spread is not None
    return {
        "aic, k = 3.20 as committed/rmse": visibility.RESIDUAL,
        "aic, k = 3.20 as committed/rmse_reading_below_1.5": visibility.RESIDUAL_BELOW,
        "aic, d = k (10 - Q_JOD)/rmse_left_out": visibility.RESIDUAL_LEFT_OUT,
        "konjnd, jpeg/d50": KONJND.d50,
        "side-by-side/d50": SIDE_BY_SIDE.d50,
        "side-by-side/spread": SIDE_BY_SIDE.spread or 0.0,
        "mcl-jci, 4k/d50": at_4k.d50,
        "mcl-jci, 4k/spread": at_4k.spread,
        "mcl-jci, desktop/d50": at_desktop.d50,
        "mcl-jci, desktop/spread": at_desktop.spread,
    }


def _compare(rows: dict[str, dict[str, float]]) -> None:
    for name, constant in _committed().items():
        fit, key = name.split("/")
        if fit not in rows:  # of the other script
            continue
        digits = 3 if "rmse" in key else 2
        assert abs(rows[fit][key] - constant) <= 0.5001 * 10**-digits, name


def committed_rows(name: str) -> dict[str, dict[str, Any]]:
    lines = (BENCHMARKS / "rows" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["fit"]: row for row in map(json.loads, lines)}


def test_constants_equal_the_committed_rows() -> None:
    rows = committed_rows("protocols") | committed_rows("side_by_side")
    assert {name.split("/")[0] for name in _committed()} <= rows.keys()
    _compare(rows)
    low, high = rows["aic, d = k (10 - Q_JOD)"]["k_interval_90"]
    assert low < visibility.JND_PER_JOD < high


@pytest.mark.shared
def test_constants_equal_the_repeated_fits(shared: Path) -> None:
    rows = [
        fits.aic_fit(shared),
        fits.aic_committed(shared),
        *fits.aic_baselines(shared),
        fits.konjnd_fit(shared, "jpeg"),
        *(fits.mcl_jci_fit(shared, fit.viewing) for fit in PROTOCOLS["mcl-jci"]),
    ]
    by_name = {row["fit"]: row for row in rows}
    _compare(by_name)
    # The slope is a round number inside the fit's interval; the best slope, power and offset would gain nothing.
    assert by_name["aic, k = 3.20 as committed"]["rmse"] - by_name["aic, CVVDP, power and offset free"]["rmse"] < 0.001
    assert by_name["aic, d = k (10 - Q_JOD)"]["share_inside_90"] == pytest.approx(0.94, abs=0.03)
    for fit in PROTOCOLS["mcl-jci"]:
        assert by_name[f"mcl-jci, {fit.viewing}"]["curve_mean_difference"] < 0.012


# --- people who look from place to place


def test_the_look_foretells_people_better_than_a_fixed_setting_does() -> None:
    rows = committed_rows("side_by_side")
    look = rows["the look, every constant fitted without the picture"]
    assert look["rmse"] <= 0.150
    assert look["rmse_jpeg"] <= rows["one share a setting and codec"]["rmse_jpeg"]
    assert max(abs(look[f"bias_{codec}"]) for codec in ("jpeg", "webp-off")) < 0.03
    assert look["rmse"] < rows["the reading"]["rmse"] < rows["one share a setting and codec"]["rmse"]


def test_every_picture_left_out_chose_the_same_look() -> None:
    chosen = committed_rows("side_by_side")["the look, every constant fitted without the picture"]["chosen"]
    look = SIDE_BY_SIDE.look
    assert look is not None
    assert chosen == [[look.exponent, look.places, look.detail, 10]]


def test_the_error_joins_pictures_and_the_constants_own() -> None:
    rows = committed_rows("side_by_side")
    low, high = rows["side-by-side"]["d50_interval_90"]
    own = math.log(high / low) / (2 * 1.645)
    few = student_t(0.9, rows["chance alone"]["pictures"] - 1) / 1.645
    error = few * math.hypot(rows["between pictures"]["spread"], own)
    assert SIDE_BY_SIDE.error.share == pytest.approx(error, abs=0.005)
    assert rows["between pictures"]["inside_90"] == pytest.approx(0.9, abs=0.05)
    low, high = committed_rows("protocols")["konjnd, jpeg"]["d50_one_sd_of_pictures"]
    assert KONJND.error.share > (high - low) / 2 / KONJND.d50


def test_the_interval_is_for_sources_and_codecs_that_took_no_part() -> None:
    row = unseen_rows()[0]
    assert (AIC.error.floor, AIC.error.share) == (round(row["floor"], 2), round(row["share"], 2))
    assert min(row["inside_90"], row["inside_90_below_1.5"]) >= 0.9
    # Never narrower than the error itself.
    fitted = committed_rows("protocols")["aic, d = k (10 - Q_JOD)"]
    assert AIC.error.floor > fitted["rmse_left_out_reading_below_1.5"]
    assert AIC.error.share > fitted["relative_rmse_left_out_reading_above_1.5"]


def test_no_codec_is_corrected_since_the_studies_do_not_agree() -> None:
    biases = {row["study"].split(",")[0]: row["bias"] for row in unseen_rows() if "bias" in row}
    assert biases["AIC-4"] > 0.0 > max(biases["MIDD-GAR"], biases["KonJND-1k"])
    likelihood = {
        (row["reading"], row["correction"]): row["log_likelihood_left_out"]
        for row in unseen_rows()
        if "log_likelihood_left_out" in row
    }
    for reading in ("cvvdp", "cvvdp, side-by-side"):
        assert likelihood[reading, "the factor of AIC-4"] < likelihood[reading, "no factor"]


def unseen_rows() -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in (BENCHMARKS / "rows" / "unseen.jsonl").read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.shared
def test_what_is_stated_follows_from_the_answers(shared: Path) -> None:
    again = unseen.rounded(unseen.to_state(aic_sample(shared / "data")))
    assert again == unseen_rows()[0]


@pytest.mark.shared
@pytest.mark.slow
def test_the_look_is_fitted_again(shared: Path) -> None:
    rows = {row["fit"]: row for row in side_by_side.fits(shared / "data", draws=10)}
    committed = committed_rows("side_by_side")
    for name in ("the look as committed", "the reading"):
        assert rows[name]["rmse"] == pytest.approx(committed[name]["rmse"], abs=0.001)
    _compare(rows)


def test_an_observers_own_interval_becomes_viewers() -> None:
    fit, _ = protocol("aic")
    assert viewers_between(interval(0.5), 0.5, fit) == pytest.approx(viewers_interval(0.5, fit))
    assert viewers_between(interval(0.5), 0.5, fit, widen=2.0) == pytest.approx(viewers_interval(0.5, fit, widen=2.0))
    wide, narrow = viewers_between((0.1, 1.6), 0.5, fit), viewers_between((0.4, 0.6), 0.5, fit)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
