"""Tables of predicted knobs: what they say of rows, which rows they refuse, and what the documentation shows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import picturewise_baselines
from jndkit.batch import ledger as store
from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.estimates import baseline_constants
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.scores import cases
from jndkit.evaluation.picturewise.settings import VIEWERS, Settings
from jndkit.evaluation.picturewise.summary import check, summaries
from jndkit.evaluation.picturewise.tables import markdown

ROOT = Path(__file__).parents[3]
ROWS = ROOT / "benchmarks" / "rows"


def committed(name: str) -> list[KnobRow]:
    return [KnobRow.from_json(row) for row in store.read(ROWS / f"{name}.jsonl")]


@pytest.fixture
def knob_rows() -> list[KnobRow]:
    """The observer and the prediction on two pictures: bytes 100 to 199, boundaries at quality 90 and 92."""
    settings = Settings(codecs=("jpeg",), methods=("cvvdp", "knob"))
    every = []
    for name, best in (("a.png", 0.3), ("b.png", 0.4)):
        rows = [settings.row(name, part) for part in settings.parts]
        rows[0].levels = {"value": [1, 80, 100], "jnd": [4.0, 0.6, best], "bytes": [100, 150, 200]}
        rows[0].levels |= {"psnr": [20.0, 36.0, 44.0], "ssim": [0.5, 0.97, 0.99]}
        rows[1].levels = {"value": [1, 100], "jnd": [4.0, 0.3], "sigma": [0.3, 0.3]}
        for share in rows[1].targets:
            rows[1].answers[share] = {"value": 90.0, "low": 80.0, "high": None, "encodes": 0}
        every += rows
    return every


def test_markdown(knob_rows: list[KnobRow]) -> None:
    text = markdown(knob_rows)
    # 0.472 JND lies at 80 + 20 ln(0.6 / 0.472) / ln(0.6 / best): 87 and 92.
    assert "| jpeg:420, desktop | 75 | 2 | 0 | 2.50 |" in text
    assert "| 75 | knob | 2 |  | 2.50 [-3.85, 8.85] | 97.5 |" in text
    assert "| jpeg:420, desktop | 90 | 2 | 2 |" in text
    assert "| 90 | knob | 2 | 0 of 2 | 11.00 [11.00, 11.00] |" in text
    assert "**jpeg:420, desktop (37.8 pixels per degree)**" in text
    assert "Truth: readings of cvvdp" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {10, 15}


def test_a_method_that_answered_fewer_pictures_says_of_how_many(knob_rows: list[KnobRow]) -> None:
    text = markdown([row for row in knob_rows if (row.input, row.method) != ("b.png", "knob")])
    assert "| jpeg:420, desktop | 75 | 2 | 0 | 3.00 (1) |" in text
    assert "| 75 | knob | 1 |" in text
    assert "| 75 | constant | 2 |" in text


@pytest.mark.parametrize(
    ("index", "change"),
    [
        (0, {"source": "cvvdp 9.9"}),
        (1, {"source": "knob.of.v0"}),
        (0, {"ppd": 40.0}),
        (0, {"protocol": "konjnd"}),
        (0, {"targets": {"75": 0.5}}),
    ],
)
def test_rows_that_differ_are_not_averaged(knob_rows: list[KnobRow], index: int, change: dict[str, Any]) -> None:
    knob_rows[index] = replace(knob_rows[index], **change)
    with pytest.raises(UsageError, match="cannot stand in one table"):
        markdown(knob_rows)


def test_rows_that_are_there_twice_are_not_averaged(knob_rows: list[KnobRow]) -> None:
    with pytest.raises(UsageError, match=r"a\.png, jpeg:420 desktop cvvdp is there 2 times"):
        check([*knob_rows, knob_rows[0]])


def test_no_truth_no_table(knob_rows: list[KnobRow]) -> None:
    for rows in ([], knob_rows[1::2]):
        with pytest.raises(UsageError, match="no row with a result"):
            markdown(rows)


def test_the_guesses_are_fitted_to_training_pictures() -> None:
    rows = committed("picturewise_train")
    assert {row.input.split("/")[0] for row in rows} == {"train"}
    few = [row for row in rows if (row.codec, row.viewing) == ("jpeg:420", "desktop")]
    shipped = baseline_constants()["protocols"]
    assert picturewise_baselines.table(few)["jpeg:420"] == {"desktop": shipped["aic"]["jpeg:420"]["desktop"]}
    for codecs in shipped.values():
        for displays in codecs.values():
            assert all(set(shares) == {f"{share:g}" for share in VIEWERS} for shares in displays.values())


def test_the_guesses_for_people_who_look_from_place_to_place_are_their_own() -> None:
    rows = committed("picturewise_side_by_side_train")
    assert {row.protocol for row in rows} == {"side-by-side"}
    assert picturewise_baselines.table(rows) == baseline_constants()["protocols"]["side-by-side"]


def test_the_page_says_what_is_reached_side_by_side() -> None:
    rows = committed("picturewise_side_by_side")
    assert {row.protocol for row in rows} == {"side-by-side"}
    assert not [row for row in rows if row.error]
    assert "\n".join(picturewise_baselines.errors(rows)) in (ROOT / "docs" / "picturewise.md").read_text()


def test_aims_are_held_to_the_pictures_that_a_method_answered(knob_rows: list[KnobRow]) -> None:
    lines = picturewise_baselines.targets([row for row in knob_rows if (row.input, row.method) != ("b.png", "knob")])
    # The constant guess is 92: on a.png, whose boundary is 87, it is off by 5.
    assert "| knob, JPEG, 1 of 73 pictures: knob error, 75 % of viewers | at most 2.5 | 3.00 | **missed** |" in lines[4]
    assert "| constant 5.00, psnr " in lines[4]
    assert "| vpjnd, JPEG: knob error, 75 % of viewers | at most 1.5 | not here | | |" in lines


def test_single_readings_are_counted_where_both_have_one(knob_rows: list[KnobRow]) -> None:
    # 0.3 JND is predicted at quality 100, where b.png reads 0.4: a quarter less.
    assert picturewise_baselines.readings_held(knob_rows, "knob") == "of 4 single readings 100.0"
    knob_rows[3].levels["sigma"] = [0.1, 0.1]
    assert picturewise_baselines.readings_held(knob_rows, "knob") == "of 4 single readings 75.0"
    assert picturewise_baselines.readings_held(knob_rows, "vpjnd") == ""


def test_the_documented_tables_are_those_of_the_committed_rows() -> None:
    rows = committed("picturewise")
    assert len({row.input for row in rows}) == 73
    assert not [row for row in rows if row.error]
    page = (ROOT / "docs" / "picturewise.md").read_text()
    assert markdown(rows) in page
    assert "\n".join(picturewise_baselines.targets(rows)) in page
    answered = Counter((row.method, row.codec) for row in rows if row.viewing == "desktop")
    for method, counts in (("search", (73, 73, 25, 25)), ("vpjnd", (73, 25, 6, 6))):
        assert tuple(answered[method, spec] for spec in ("jpeg:420", "webp:m4", "avif:s6,420", "heic:420")) == counts
        line = next(line for line in page.splitlines() if line.startswith(f"| `{method}` | {counts[0]} |"))
        assert [cell.split(",")[0].strip() for cell in line.split("|")[2:6]] == [str(count) for count in counts]


def test_the_documented_table_of_bpg_is_that_of_the_committed_rows() -> None:
    pytest.importorskip("imageio_ffmpeg")
    rows = committed("picturewise_bpg")
    assert not [row for row in rows if row.error]
    assert Counter(row.method for row in rows) == {"cvvdp": 17, "knob": 17, "vpjnd": 17}
    page = (ROOT / "docs" / "picturewise.md").read_text()
    assert markdown(rows).split("**bpg:420, desktop")[1] in page


def test_the_readme_says_what_the_rows_say() -> None:
    scores = dict(cases(committed("picturewise")))["jpeg:420", "desktop", "75"]
    errors = {summary.method: mean.value for summary in summaries(scores) if (mean := summary.of("error"))}
    sentence = (
        "`vpjnd` is off by {vpjnd:.1f} steps of quality on average, the picture alone by {knob:.1f}, one setting for "
        "all by {constant:.1f}, a threshold of PSNR by {psnr:.1f}, of SSIM by {ssim:.1f}"
    ).format(**errors)
    assert sentence in " ".join((ROOT / "docs" / "how-it-decides.md").read_text().split())


def test_the_documented_protocol_is_the_fitted_one() -> None:
    page = (ROOT / "docs" / "picturewise.md").read_text()
    fits = [json.loads(line) for line in (ROWS / "protocols.jsonl").read_text().splitlines()]
    by_fit = {row["fit"]: row for row in fits if str(row.get("fit", "")).startswith("mcl-jci")}
    shipped = {"mcl-jci, 4k", "mcl-jci, desktop"}
    assert shipped <= set(by_fit)
    for name in shipped:
        row = by_fit[name]
        assert row["curve_mean_difference"] <= 0.03
        display = name.split(", ")[1]
        line = f"| {display} | {row['curve_mean_difference']:.3f} | {row['curve_max_difference']:.3f} |"
        assert line in page
