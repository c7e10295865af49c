"""Fuzz a reader, guided by the code it reaches: `python tests/fuzz/run.py png --seconds 3600`, or `all`.

An input that breaks the contract of `targets.py` is written to tests/fuzz/found/TARGET/, to be committed with the
change that mends it; test_fuzz_inputs.py reads it again for ever after. Inputs that reach new code are kept in
build/fuzz/TARGET/, where the next run goes on. Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE.parents[1] / "build" / "fuzz"
TARGETS = (
    *("png", "tiff", "jpeg", "coefficients", "hdr", "jxl", "xmp"),
    *("exif", "cicp", "pnm", "heif", "webp", "jlic", "bpg", "sniff"),
)
LONGEST = 4096  # bytes of an input

# Inputs after which a process makes room for the next: atheris 3.0 keeps every array that a traced comparison of
# arrays comes to, 80 kB an input here, which nothing but the end of the process gives back.
RENEWED = {"coefficients": 6000}


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    sys.path.insert(0, str(HERE.parents[1]))
    with atheris.instrument_imports(include=["jndkit", "tests.fuzz.targets"]):
        from tests.fuzz import targets
    from jndkit.errors import JndError

    target = targets.TARGETS[name]

    def one(data: bytes) -> None:
        try:
            target(data)
        except JndError:
            return

    crashes, corpus = HERE / "found" / name, WORK / name
    for folder in (crashes, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    words = WORK / f"{name}.dict"  # libFuzzer refuses an empty one
    escaped = ("".join(f"\\x{byte:02x}" for byte in token) for token in targets.TOKENS.get(name, (b"\0",)))
    words.write_text("".join(f'"{token}"\n' for token in escaped), encoding="ascii")
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=5", "-rss_limit_mb=1024"]
    limits += [f"-runs={RENEWED[name]}"] if name in RENEWED else []
    options = [f"-dict={words}", f"-artifact_prefix={crashes}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus), str(HERE / "seeds" / name), str(crashes)], one)
    atheris.Fuzz()


def fuzz_apart(name: str, seconds: int) -> tuple[str, int, str]:
    """Fuzz one target in processes of its own, one after the other; its name, exit code and what they said."""
    until, said, code = time.monotonic() + seconds, "", 0
    while not code and (left := until - time.monotonic()) > (1 if said else 0):
        command = [sys.executable, __file__, name, "--here", "--seconds", str(max(1, round(left)))]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        said, code = said + done.stdout, done.returncode
    return name, code, said


def summary(name: str, code: int, output: str) -> str:
    """jpeg: 120345 inputs, 812 kept; nothing found"""
    counts = [line for line in output.splitlines() if line.startswith("stat::number_of_executed_units:")]
    runs = sum(int(line.rpartition(":")[2]) for line in counts)
    kept = len(list((WORK / name).glob("*"))) if (WORK / name).exists() else 0
    return f"{name}: {runs} inputs read, {kept} kept; " + (
        "nothing found" if code == 0 else f"FOUND (exit code {code})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--here", action="store_true", help="in this process, saying all that libFuzzer says")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at once, of all")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris, which is for Linux, is not installed; install it with: pip install -e '.[fuzz]'", file=sys.stderr
        )
        return 3
    if asked.here and asked.target != "all":
        fuzz(asked.target, asked.seconds)
        return 0
    targets = TARGETS if asked.target == "all" else (asked.target,)
    started, worst = time.monotonic(), 0
    with ThreadPoolExecutor(max(1, asked.jobs)) as pool:
        for name, code, output in pool.map(partial(fuzz_apart, seconds=asked.seconds), targets):
            print(summary(name, code, output), flush=True)
            if code:
                worst = 1
                print(output[-4000:], flush=True)
    print(f"targets: {len(targets)}, in {time.monotonic() - started:.0f} s")
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
