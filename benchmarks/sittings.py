"""Sittings with simulated viewers: many over HTTP, some through the page, and some while the server is killed.

    python benchmarks/sittings.py --sittings 2000 --viewers 25 --kills 100 --browser 30 > benchmarks/rows/sittings.jsonl

The study is drawn by a program, with each method in turn; the viewers are `jndkit.study.simulation`'s, who answer at
once. Every answer that the server said it has is looked for in the file afterwards: `lost` counts those that are not
there, or are another; `strayed`, in whole studies, those that are not what the same viewer says where there is neither
server nor page. What is then fitted is held against what the viewers see, as in `study.py`.

http: short sittings, many at once.  whole: a study of 25 viewers and 20 pictures, as `study.py` has it.
page: fewer trials through the page, in three browsers at once.  killed: the server, again and again.

Seconds are of one machine that may be busy; processor seconds are the server's own. The page is driven by Playwright in
a Chromium, installed or named by JNDKIT_CHROMIUM. Linux only. All but the page takes a quarter of an hour on two idle
processors; a sitting in a browser takes minutes. The rows of the page that are kept are of an overloaded machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import processes
from jndkit.study.answers import read_answers
from jndkit.study.fit import fit
from jndkit.study.making.make import schedule
from jndkit.study.plan import METHODS, Method, Plan, Screening
from jndkit.study.simulation import Truth, Viewer, sit, truth, viewers
from jndkit.version import VERSION
from made_study import small_study
from sitters import PATIENCE, Reader, Respond, Seen, Sitter, asked, seated, simulated
from study import D50, DRAWS, MINUTES, PICTURES, judged

THROUGH_PAGE: dict[Method, dict[str, int]] = {
    "2afc": {"pictures": 3, "trials": 16},
    "flicker": {"pictures": 10, "trials": 3},
    "triplet": {"pictures": 2, "trials": 31},
}
"""As many trials of a picture as a whole study has, and so many pictures as ten sittings in a browser have time for."""

SERVERS = 10  # that are killed
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sittings", type=int, default=2000, help="short ones over HTTP")
    parser.add_argument("--viewers", type=int, default=25, help="of a whole study over HTTP, with each method")
    parser.add_argument("--clients", type=int, default=50, help="viewers at once")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--browser", type=int, default=30, help="sittings through the page")
    parser.add_argument("--method", choices=METHODS, help="only this one; kills have one of their own")
    given = parser.parse_args()
    methods: tuple[Method, ...] = (given.method,) if given.method else METHODS
    for method in methods:
        if given.sittings:
            count = share(given.sittings, method)
            say("http", **over_http(method, count, given.clients, pictures=4, trials=3, training=2))
    for method in methods:
        if given.viewers:
            trials = schedule(method, MINUTES[method], PICTURES).trials
            say("whole", **over_http(method, given.viewers, given.clients, pictures=PICTURES, trials=trials))
    if given.kills:
        say("killed", **killed(given.kills))
    if given.browser:
        with ThreadPoolExecutor(len(methods)) as pool:
            for row in pool.map(through_page, methods, [share(given.browser, method) for method in methods]):
                say("page", **row)


def share(count: int, method: Method) -> int:
    """Of so many sittings, how many are of a method: of each a third."""
    return count // len(METHODS) + (METHODS.index(method) < count % len(METHODS))


def say(part: str, **values: Any) -> None:
    told = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
    print(json.dumps({"part": part, "version": VERSION, **told}), flush=True)


class Server:
    """`jnd study serve`, which may be killed and started again at its address."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, 0
        self.start()

    def start(self) -> None:
        where = [str(self._folder), "--port", str(self._port), "--no-open"]
        command = [sys.executable, "-m", "jndkit", "study", "serve", *where]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split(" ")[0].rstrip("/")
        self._port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate()

    @property
    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / _TICKS


@contextlib.contextmanager
def study(method: Method, **options: Any) -> Iterator[tuple[Plan, Server]]:
    with tempfile.TemporaryDirectory() as home:
        plan = small_study(Path(home) / "study", method, **options)
        server = Server(plan.folder)
        try:
            yield plan, server
        finally:
            server.end()


@dataclass
class Kept:
    """What viewers were told is kept: (trial, response) by the code of a sitting. seconds: of each request."""

    sure: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def lost(self, plan: Plan) -> int:
        """Answers that are not in the file, or are another there, or stand there twice."""
        found = {
            session.code: [(one.answer.trial, one.answer.response) for one in done if one.answer is not None]
            for session, done in read_answers(plan.folder, plan)
        }
        return sum(
            len(set(sure) ^ set(found[code])) + len(found[code]) - len(set(found[code]))
            for code, sure in self.sure.items()
        )

    @property
    def answers(self) -> int:
        return sum(map(len, self.sure.values()))


def answered(home: str, plan: Plan, code: str, respond: Respond, kept: Kept) -> None:
    """A sitting over HTTP, from its first trial to its last."""
    reader = Reader(plan)
    sure = kept.sure[code] = []
    trial = asked(home, f"/v1/sittings/{code}")["trial"]
    while trial is not None:
        response = respond(reader(trial))
        began = time.perf_counter()
        body = {"trial": trial["id"], "response": response, "seconds": 2.0}
        following = asked(home, f"/v1/sittings/{code}/answers", body)["trial"]
        kept.seconds.append(time.perf_counter() - began)
        sure.append((trial["id"], response))
        trial = following


def side_by_side(clients: int, count: int, sit_once: Callable[[int], None]) -> None:
    """So many sittings, `clients` at once."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def client() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            sit_once(number)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def over_http(method: Method, count: int, clients: int, **size: int) -> dict[str, Any]:
    with study(method, **size) as (plan, server):
        population, people = known(plan, count)
        codes = [seated(server.address, plan) for _ in people]  # one after the other: the number decides what is shown
        kept, before, began = Kept(), server.processor_seconds, time.perf_counter()

        def sit_once(number: int) -> None:
            answered(server.address, plan, codes[number], simulated(people[number], plan), kept)

        side_by_side(clients, count, sit_once)
        wall, used = time.perf_counter() - began, server.processor_seconds - before
        median, late, worst = np.quantile(kept.seconds, [0.5, 0.95, 1.0])
        return {
            "method": method,
            "clients": clients,
            **what_is_kept(plan, kept),
            "seconds": wall,
            "answers_per_second": kept.answers / wall,
            "processor_per_answer": used / kept.answers,
            "median_seconds": float(median),
            "95_percent_seconds": float(late),
            "worst_seconds": float(worst),
            "megabytes": processes.resident(server.process.pid) // 1_000_000,
            **recovered(plan, population, count),
        }


def known(plan: Plan, count: int) -> tuple[Truth, list[Viewer]]:
    """A population and its viewers, the same at every call."""
    population = truth(plan, np.random.default_rng(1), d50=D50)
    return population, viewers(population, count, np.random.default_rng(2))


def what_is_kept(plan: Plan, kept: Kept) -> dict[str, Any]:
    finished = sum(session.finished is not None for session, _ in read_answers(plan.folder, plan))
    lost = kept.lost(plan)
    return {"sittings": len(kept.sure), "finished": finished, "answers": kept.answers, "lost": lost}


def recovered(plan: Plan, population: Truth, count: int) -> dict[str, Any]:
    """What the answers that were kept say of the viewers; strayed: how many the same viewers give otherwise, or not."""
    found = [
        (session.number, [(one.trial, one.answer) for one in done if one.answer is not None])
        for session, done in read_answers(plan.folder, plan)
    ]
    _, people = known(plan, count)
    told = [{answer.trial: answer.response for _, answer in done} for _, done in found]
    alone = [{answer.trial: answer.response for _, answer in sit(plan, *each)} for each in enumerate(people)]
    strayed = sum(len(one.items() ^ other.items()) for one, other in zip(told, alone, strict=True))
    result = fit(plan, found, draws=DRAWS)
    row = {"pictures": len(plan.stimuli), "trials": plan.schedule.trials, "strayed": strayed, "kept": result.kept}
    return row | judged(plan, population, people, result)


def killed(kills: int) -> dict[str, Any]:
    """As `killed_one`, of several servers at once, since each takes longer to start than viewers need to answer."""
    shares = [kills // SERVERS + (number < kills % SERVERS) for number in range(SERVERS)]
    with ThreadPoolExecutor(SERVERS) as pool:
        rows = list(pool.map(killed_one, shares, range(SERVERS)))
    return {"servers": SERVERS, **{name: sum(row[name] for row in rows) for name in rows[0]}}


def killed_one(kills: int, seed: int) -> dict[str, int]:
    """Viewers answer as fast as they can while the server is killed at random moments and started again."""
    chance = np.random.default_rng((3, seed))
    with study("2afc", pictures=8, trials=20, training=0) as (plan, server):
        population = truth(plan, chance)
        kept, over, sittings = Kept(), threading.Event(), list[int]()

        def client(number: int) -> None:
            while not over.is_set():
                (viewer,) = viewers(population, 1, np.random.default_rng((4, seed, number, len(sittings))))
                sittings.append(number)
                code = seated(server.address, plan)
                answered(server.address, plan, code, simulated(viewer, plan), kept)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            before = kept.answers
            end = time.monotonic() + PATIENCE
            while kept.answers == before and time.monotonic() < end:  # a kill while nobody can answer shows nothing
                time.sleep(0.01)
            time.sleep(float(chance.uniform(0.0, 0.3)))
            server.kill()
            server.start()
        over.set()
        for thread in threads:
            thread.join()
        return {"kills": kills, "sittings": len(kept.sure), "answers": kept.answers, "lost": kept.lost(plan)}


def through_page(method: Method, count: int) -> dict[str, Any]:
    """Whole sittings in a browser, from the information to the thanks, one after the other."""
    from playwright.sync_api import sync_playwright

    at_once = Screening(fastest=0.0)  # as these viewers answer
    with (
        study(method, screening=at_once, **THROUGH_PAGE[method]) as (plan, server),
        sync_playwright() as playwright,
    ):
        population, people = known(plan, count)
        path = os.environ.get("JNDKIT_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        kept, began = Kept(), time.perf_counter()
        for viewer in people:
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(1000 * PATIENCE)
            page.goto(server.address)
            sitter, told = Sitter(page, plan), list[tuple[int, int | None]]()
            answer = simulated(viewer, plan)

            def respond(seen: Seen, answer: Respond = answer, told: list[tuple[int, int | None]] = told) -> int | None:
                response = answer(seen)
                told.append((seen.id, response))
                return response

            sitter.agree()
            sitter.pass_check()
            sitter.go_through(respond)
            kept.sure[page.url.rpartition("#")[2]] = told
            page.context.close()
        wall = time.perf_counter() - began
        browser.close()
        done = [one for _, answers in read_answers(plan.folder, plan) for one in answers]
        frames = [one.answer.frames for one in done if one.answer is not None]
        return {
            "method": method,
            **what_is_kept(plan, kept),
            "seconds": wall,
            "frame_milliseconds": float(np.median([one.mean for one in frames])),
            "late_frames": sum(one.late for one in frames) / max(1, sum(one.count for one in frames)),
            **recovered(plan, population, count),
        }


if __name__ == "__main__":
    main()
