"""The record of usage, over HTTP and in a file: what it does not say is unknown, and never a no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serving import serving
from bot.usage import Period, usage_record
from policy.disputes import Usage

PERIOD = Period(
    "ada@northfold.example", "cus_1", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)
)
UNREAD = "The record of usage could not be read: "


async def answer(request: Request) -> Response:
    """Answer with what the address itself asks for."""
    query = request.query_params
    if query.get("key") == "secret":
        expected = {
            "key": "secret",
            "email": PERIOD.email,
            "customer": "cus_1",
            "from": "2026-10-01T00:00:00+00:00",
            "to": "2026-10-31T00:00:00+00:00",
        }
        return Response('{"signed_in": true, "used": true}' if expected == dict(query) else "{}")
    return Response(query.get("body", ""), int(query.get("status", "200")))


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with serving(Starlette(routes=[Route("/usage", answer)])) as url:
        yield f"{url}/usage"


async def looked(place: str) -> Usage:
    async with usage_record(place) as record:
        return await record.look(PERIOD)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('body={"signed_in":true,"used":false,"says":"3 sign-ins"}', Usage(True, False, "3 sign-ins")),  # noqa: FBT003  # a record's answers
        ('body={"signed_in":null}', Usage()),
        ("body={}", Usage()),
        ("status=404", Usage(says="The record of usage does not know this customer.")),
        ("status=503", Usage(problem=f"{UNREAD}it answered with status 503.")),
        ("body=nonsense", Usage(problem=f"{UNREAD}its answer is not of the agreed form.")),
        ('body={"used":"yes"}', Usage(problem=f"{UNREAD}its answer is not of the agreed form.")),
        ("body=[]", Usage(problem=f"{UNREAD}its answer is not of the agreed form.")),
        ('body={"says":7}', Usage(problem=f"{UNREAD}its answer is not of the agreed form.")),
        ("key=secret", Usage(True, True)),  # noqa: FBT003  # as above
    ],
)
async def test_over_http(address: str, query: str, expected: Usage) -> None:
    assert expected == await looked(f"{address}?{query}")


async def test_an_address_where_nobody_answers_is_unknown() -> None:
    assert Usage(problem=f"{UNREAD}it does not answer.") == await looked("http://127.0.0.1:9/usage")


async def test_without_a_record_nobody_knows() -> None:
    assert (await looked("")).used is None


HEADER = "email,customer,at,what\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{HEADER}Ada@northfold.example,,2026-10-02T09:00:00Z,sign_in\n,cus_1,2026-10-03T09:00:00,use\n",
            Usage(True, True, "1 sign-in, 1 use"),  # noqa: FBT003  # a record's answers
        ),
        (f"{HEADER},cus_1,2026-09-30T23:59:59Z,use\n", Usage(False, False, "0 sign-ins, 0 uses")),  # noqa: FBT003  # as above
        (
            f"{HEADER},cus_2,2026-10-02T09:00:00Z,use\n",
            Usage(says="The record of usage has nothing of this customer."),
        ),
        (
            f"{HEADER},cus_1,last week,use\n",
            Usage(problem=f"{UNREAD}line 2 of the file has no time like 2026-11-02T09:30:00Z."),
        ),
        ("email,at\n", Usage(problem=f"{UNREAD}the file has no column customer, what.")),
        ("", Usage(problem=f"{UNREAD}the file has no column email, customer, at, what.")),
    ],
)
async def test_in_a_file(tmp_path: Path, text: str, expected: Usage) -> None:
    file = tmp_path / "usage.csv"
    await asyncio.to_thread(file.write_text, text)
    assert expected == await looked(str(file))


async def test_a_file_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert Usage(problem=f"{UNREAD}the file cannot be opened.") == await looked(str(tmp_path / "none.csv"))
