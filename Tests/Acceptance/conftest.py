"""Fixtures. Every test marks what it makes with a word of its own and finds its queue empty."""

import asyncio
import uuid

import pytest

from support.producer import Producer
from support.rest import Rest

FRONT_DESK = "front-desk"


@pytest.fixture
def marker() -> str:
    """A word that nothing else in the system contains."""
    return "mark" + uuid.uuid4().hex


@pytest.fixture
def supervisor():
    with Rest("supervisor") as client:
        yield client


@pytest.fixture
def agent():
    with Rest("agent") as client:
        yield client


@pytest.fixture
def viewer():
    with Rest("viewer") as client:
        yield client


@pytest.fixture
def producer_user():
    with Rest("producer") as client:
        yield client


@pytest.fixture
def producer():
    with Producer() as client:
        yield client


@pytest.fixture
def front_desk(supervisor):
    """The name of a queue that is empty before and after the test."""
    supervisor.drain(FRONT_DESK)
    yield FRONT_DESK
    supervisor.drain(FRONT_DESK)


@pytest.fixture
def run():
    """Runs a coroutine, for two minutes at most."""

    def runner(coroutine):
        async def bounded():
            async with asyncio.timeout(120):
                return await coroutine

        return asyncio.run(bounded())

    return runner
