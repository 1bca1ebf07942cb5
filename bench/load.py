"""A load of prepared HTTP requests over so many keep-alive connections, from a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct


class Load(Struct, frozen=True):
    """What a load came to: requests per second, latencies in milliseconds, and how often each status came."""

    rate: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


async def send(url: str, requests: list[bytes], connections: int) -> Load:
    """Send `requests` (whole HTTP/1.1 messages) over `connections` at once; each is used once."""
    address = urlsplit(url)
    waiting = iter(requests)
    latencies: list[float] = []
    statuses: dict[str, int] = {}

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            if length:
                await reader.readexactly(length)
            latencies.append(time.perf_counter() - started)
            status = head[9:12].decode()
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    seconds = time.perf_counter() - started
    latencies.sort()
    return Load(
        rate=len(requests) / seconds,
        p50_ms=1000 * latencies[len(latencies) // 2],
        p99_ms=1000 * latencies[int(len(latencies) * 0.99)],
        statuses=statuses,
    )


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a whole POST request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def main() -> None:
    """Read a job from a file, run it, print what it came to as JSON."""
    job = json.loads(Path(sys.argv[1]).read_text())
    requests = [post(job["path"], body.encode(), headers) for body, headers in job["requests"]]
    load = asyncio.run(send(job["url"], requests, job["connections"]))
    print(
        json.dumps(
            {"rate": load.rate, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "statuses": load.statuses}
        )
    )


if __name__ == "__main__":
    main()
