"""One local Stripe per test, served over HTTP, and the real SDK pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from stripe import HTTPXClient, StripeClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.stripe import LocalStripe
from bot.serving import serving

# The SDK hands its bodies to httpx by an argument that httpx has deprecated.
SDK_WARNING = "ignore:Use 'content=<...>':DeprecationWarning"

API_KEY = "sk_test_local_4242"
SECRET = "whsec_local_4242"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings(SDK_WARNING))


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock()


@pytest.fixture
async def local(clock: SandboxClock) -> AsyncIterator[LocalStripe]:
    account = LocalStripe(clock, api_key=API_KEY, webhook_secret=SECRET)
    yield account
    await account.aclose()


@pytest.fixture
async def base_url(local: LocalStripe) -> AsyncIterator[str]:
    async with serving(local.app) as url:
        yield url
        await local.aclose()


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[StripeClient]:
    http_client = HTTPXClient(timeout=httpx.Timeout(5))
    yield StripeClient(
        API_KEY,
        http_client=http_client,
        max_network_retries=0,
        base_addresses={"api": base_url, "files": base_url},
    )
    await http_client.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types here


@pytest.fixture
async def browser(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP with the right key, for what the SDK does not let through."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False) as plain:
        yield plain
