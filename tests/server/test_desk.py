"""Who follows a job hears of each change, before and after, and of its end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("starlette")

from jndkit.server.desk import Desk, Ticket
from jndkit.server.limits import Limits


def test_each_probe_is_told_as_soon_as_it_is_read() -> None:
    work: Any = None  # nobody works on it here
    ticket = Ticket(work, "predict")
    heard: list[int] = []

    async def read() -> None:
        desk = Desk(Limits(), lambda _: None)
        async for _ in desk.follow(ticket):
            heard.append(len(ticket.probes))

    async def told() -> None:
        reader = asyncio.create_task(read())
        for probe in range(3):
            while len(heard) <= probe:
                await asyncio.sleep(0)
            ticket.probes.append(probe)
            ticket.change()
        while len(heard) <= 3:
            await asyncio.sleep(0)
        ticket.over.set()
        ticket.change()
        await asyncio.wait_for(reader, 10)

    asyncio.run(told())
    assert heard == [0, 1, 2, 3, 3]


def test_what_is_read_while_nobody_looks_is_told_together() -> None:
    work: Any = None
    ticket = Ticket(work, "predict")

    async def told() -> list[int]:
        desk, heard = Desk(Limits(), lambda _: None), []
        async for _ in desk.follow(ticket):
            heard.append(len(ticket.probes))
            if not ticket.over.is_set():
                for probe in range(2):  # two before the next look
                    ticket.probes.append(probe)
                    ticket.change()
            if len(ticket.probes) >= 4:
                ticket.over.set()
        return heard

    assert asyncio.run(told()) == [0, 2, 4]
