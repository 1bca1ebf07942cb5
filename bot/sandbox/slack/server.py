"""The local Slack as one ASGI application: Web API, Socket Mode, response URLs, and the page."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from bot.sandbox.clock import SandboxClock
from bot.sandbox.slack import answering, pageapi
from bot.sandbox.slack.control import Control
from bot.sandbox.slack.conversing import Conversing
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.delivery import Waits
from bot.sandbox.slack.faults import RateLimits
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.interacting import Interacting
from bot.sandbox.slack.panel import Panel
from bot.sandbox.slack.reading import Reading
from bot.sandbox.slack.webapi import dispatch

_PAGE: Final = Path(__file__).resolve().parent / "page"


class LocalSlack(Conversing, Interacting, Reading):
    """A stateful, strict Slack for one workspace and one app.

    People's acts and readings are its methods; `control` is for administrators and trouble. Serve `app`, and
    call `aclose()` before the server stops: it ends the open streams and sockets at once.
    """

    def __init__(
        self,
        clock: SandboxClock,
        *,
        bot_token: str,
        app_token: str,
        signing_secret: str,
        manifest: dict[str, Any] | None = None,
        panel: Panel | None = None,
        waits: Waits | None = None,
        rate_limits: RateLimits | None = None,
    ) -> None:
        installation = Installation(bot_token, app_token, signing_secret, manifest)
        super().__init__(Core.assembled(clock, installation, waits or Waits(), rate_limits))
        self.panel = panel
        self.control = Control(self.core)
        self.app: Starlette = _Server(self)

    @property
    def request_url(self) -> str | None:
        """Where the app takes requests over HTTP; None while it only uses Socket Mode."""
        return self.core.delivery.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.core.delivery.request_url = url

    @property
    def base_url(self) -> str:
        """This server's own address; learned from the first request unless it is set."""
        return self.core.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.core.base_url = url.rstrip("/")

    async def until(self, condition: Callable[[], object], within: float = 5.0) -> None:
        """Wait until `condition()` is true; raises TimeoutError after `within` seconds."""
        await self.core.live.until(condition, within)

    def tell_time(self) -> None:
        """Tell every page what time it is, after the clock was pushed ahead."""
        self.core.live.publish({"type": "clock", "now": self.core.workspace.clock.now().isoformat()})

    async def aclose(self) -> None:
        """End the pages' streams, the app's sockets and what is under way."""
        self.core.live.close()
        await self.core.sockets.aclose()
        await self.core.delivery.aclose()


class _Server(Starlette):
    """The routes. It keeps each request's transport at hand, so that a fault can break the connection."""

    def __init__(self, slack: LocalSlack) -> None:
        self._slack = slack
        core = slack.core

        async def web_api(request: Request) -> Response:
            return await dispatch.answer(core, request)

        async def response_url(request: Request) -> Response:
            return await answering.answer(core, request)

        async def upload(request: Request) -> Response:
            return _take_upload(core, request.path_params["file_id"], await request.body())

        async def download(request: Request) -> Response:
            return _give_file(core, request.path_params["file_id"])

        async def download_as_app(request: Request) -> Response:
            return _give_app(core, request)

        super().__init__(
            routes=[
                Route("/api/{method}", web_api, methods=["GET", "POST"]),
                WebSocketRoute("/link/", core.sockets.serve),
                *(
                    Route(f"/{kind}/{{team}}/{{secret:path}}", response_url, methods=["POST"])
                    for kind in ("actions", "commands", "app")
                ),
                Route("/upload/v1/{file_id}", upload, methods=["POST"]),
                Route("/files/{file_id}/{name}", download),
                Route("/files-pri/{file}/{name}", download_as_app),
                Route("/archives/{channel}/{message}", _archive),
                *pageapi.routes(slack),
                Route("/page/{path:path}", _static),
                Route("/", _index),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; the first one tells the server its own address."""
        if scope["type"] == "http":
            # uvicorn's `send` belongs to the request's cycle, which knows the connection.
            scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
            if not self._slack.base_url:
                self._slack.base_url = str(Request(scope).base_url)
        await super().__call__(scope, receive, send)


def _take_upload(core: Core, file_id: str, content: bytes) -> Response:
    announced = core.uploads.get(file_id)
    if announced is None or announced.content is not None:
        return PlainTextResponse("no such upload", 404)
    if len(content) != announced.length:
        return PlainTextResponse(f"{len(content)} bytes came, {announced.length} were announced", 400)
    announced.content = content
    return PlainTextResponse(f"OK - {len(content)}")


def _give_file(core: Core, file_id: str) -> Response:
    found = core.uploads.get(file_id)
    if found is None or found.content is None:
        return PlainTextResponse("There is no such file.", 404)
    return Response(found.content, media_type=mimetypes.guess_type(found.name)[0])


def _give_app(core: Core, request: Request) -> Response:
    """Give a file to the app; whoever has no good token with files:read is sent to log in, as by Slack."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    granted = core.installation.scopes
    may = granted is None or "files:read" in granted
    if token != core.installation.bot_token or core.installation.refusal or not may:
        return RedirectResponse("/?redir=files-pri")
    if not core.watch("slack: files-pri came"):
        return dispatch.Dropped()
    given = _give_file(core, request.path_params["file"].partition("-")[2])
    return given if core.watch("slack: files-pri was done") else dispatch.Dropped()


async def _archive(request: Request) -> Response:
    """Open a permalink in the page."""
    stamp = request.path_params["message"].removeprefix("p")
    ts = f"{stamp[:-6]}.{stamp[-6:]}"
    thread_ts = request.query_params.get("thread_ts", "")
    return RedirectResponse(f"/#channel={request.path_params['channel']}&ts={ts}&thread_ts={thread_ts}")


async def _index(_request: Request) -> Response:
    return _file(_PAGE / "index.html")


async def _static(request: Request) -> Response:
    wanted = (_PAGE / request.path_params["path"]).resolve()
    return _file(wanted) if wanted.is_relative_to(_PAGE) else _file(_PAGE / "missing")


def _file(path: Path) -> Response:
    if not path.is_file():
        return PlainTextResponse("The page has no such file.", 404)
    # The page's files change under the eyes of whoever works on them.
    return FileResponse(path, headers={"Cache-Control": "no-cache"})
