"""The API over HTTP: keys, versions, parameters, idempotency and errors around each endpoint."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.stripe import (
    account,
    credit_notes,
    customers,
    deletion,
    disputes,
    invoices,
    payments,
    portal,
    refunds,
    subscriptions,
    wire,
)
from bot.sandbox.stripe.endpoints import Call, Endpoint
from bot.sandbox.stripe.errors import ApiError, ParameterError, Record, server_error
from bot.sandbox.stripe.expansion import expand
from bot.sandbox.stripe.faults import Fault, FaultKind, Faults
from bot.sandbox.stripe.forms import parse_form, parse_multipart
from bot.sandbox.stripe.idempotency import Answer, IdempotencyKeys, in_use
from bot.sandbox.stripe.ledger import API_VERSION, Ledger, new_id
from bot.sandbox.stripe.params import check
from bot.sandbox.watching import Watch, unwatched

_LOG_LENGTH: Final = 1000
_MODULES: Final = (
    refunds,
    payments,
    customers,
    invoices,
    subscriptions,
    disputes,
    account,
    credit_notes,
    portal,
    deletion,
)
_ENDPOINTS: Final[Sequence[Endpoint]] = [row for module in _MODULES for row in module.ENDPOINTS]
_BY_ADDRESS: Final = {(row.method, tuple(row.path.split("/")[2:])): row for row in _ENDPOINTS}


class _Request(Struct, frozen=True):
    method: str
    path: str
    query: str
    body: bytes
    content_type: str
    authorization: str
    version: str
    key: str
    id: str


class Api:
    """The ASGI application under `/v1`; `delivered` returns when no webhook is under way."""

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        api_key: str,
        faults: Faults,
        delivered: Callable[[], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._delivered = delivered
        self.api_key = api_key
        self._faults = faults
        self._closing = asyncio.Event()
        self.watch: Watch = unwatched
        self.keys = IdempotencyKeys()
        self.denied: set[str] = set()
        """The permissions that the key lacks, such as `charge_write`: as with a restricted key."""
        self.requests: deque[Record] = deque(maxlen=_LOG_LENGTH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail it as arranged."""
        http = Request(scope, receive)
        request = _Request(
            method=http.method,
            path=http.url.path,
            query=http.url.query,
            body=await http.body(),
            content_type=http.headers.get("content-type", ""),
            authorization=http.headers.get("authorization", ""),
            version=http.headers.get("stripe-version", API_VERSION),
            key=http.headers.get("idempotency-key", "") if http.method == "POST" else "",
            id=new_id("req_")[:18],
        )
        fault = self._faults.take(request.method, request.path)
        entry = self._log(request, fault)
        moment = f"stripe: {request.method} {request.path}"
        if (fault is not None and fault.kind is FaultKind.DROP) or not self.watch(f"{moment} came"):
            await wire.cut(receive)
            return
        answer = await self._answer(request, fault)
        lost = fault is not None and fault.kind is FaultKind.EXECUTE_THEN_DROP
        if lost or not self.watch(f"{moment} was done"):
            await wire.cut(receive)
            return
        entry["status"] = answer.status
        headers = _headers(answer, request)
        if fault is not None and fault.kind is FaultKind.TRUNCATE:
            raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            length = (b"content-length", str(len(answer.body)).encode())
            await wire.send_half(answer, [*raw, length], receive, send)
            return
        await Response(answer.body, answer.status, headers)(scope, receive, send)

    def close(self) -> None:
        """End every arranged delay at once."""
        self._closing.set()

    def _log(self, request: _Request, fault: Fault | None) -> Record:
        entry: Record = {
            "id": request.id,
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.key or None,
            "fault": fault.kind.value if fault else None,
            "status": None,
        }
        self.requests.append(entry)
        return entry

    async def _answer(self, request: _Request, fault: Fault | None) -> Answer:
        try:
            self._authenticate(request)
            if fault is not None:
                _refuse_before(fault, request)
            if not request.key:
                return await self._perform(request, fault)
            stored = self.keys.begin(request.key, request.path, _parameters(request), self._ledger().now())
        except ApiError as refusal:
            return _refused(refusal, request)
        if stored is not None:
            original = {"Idempotent-Replayed": "true", "Original-Request": stored.request_id}
            return replace(stored, request_id=request.id, headers={**stored.headers, **original})
        try:
            return await self._perform(request, fault)
        finally:
            self.keys.finish(request.key)

    async def _perform(self, request: _Request, fault: Fault | None) -> Answer:
        """Run the endpoint, with the delay that was arranged for it, before or after."""
        if fault is not None and fault.kind is FaultKind.DELAY:
            await self._pause(fault.seconds)
        answer = self._outcome(request, fault)
        if request.key:
            self.keys.keep(request.key, answer)
        if fault is not None and fault.kind is FaultKind.EXECUTE_THEN_DELAY:
            await self._delivered()
            await self._pause(fault.seconds)
        return answer

    def _outcome(self, request: _Request, fault: Fault | None) -> Answer:
        """Run the endpoint, or answer with the failure that was arranged for it."""
        if fault is not None and fault.kind is FaultKind.REFUSE:
            return _refused(_arranged_refusal(fault), request, executed=True)
        if fault is not None and fault.kind is FaultKind.STORED_500:
            if fault.executed:
                self._run(request)
            return _refused(server_error(), request, executed=True)
        return self._run(request)

    def _run(self, request: _Request) -> Answer:
        ledger = self._ledger()
        ledger.cause = {"id": request.id, "idempotency_key": request.key or None}
        try:
            endpoint, call, paths = self._route(request)
            if endpoint.permission in self.denied:
                raise _not_permitted(endpoint.permission, self.api_key)
        except ApiError as refusal:
            return _refused(refusal, request)
        try:
            record = expand(ledger, endpoint.handler(ledger, call), paths)
        except ParameterError as refusal:
            return _refused(refusal, request)
        except ApiError as refusal:
            return _refused(refusal, request, executed=True)
        finally:
            ledger.cause = {"id": None, "idempotency_key": None}
        return Answer(200, msgspec.json.encode(record), request.id, executed=True)

    def _route(self, request: _Request) -> tuple[Endpoint, Call, list[str]]:
        steps = request.path.strip("/").split("/")[1:]
        endpoint, ids = _find(request.method, steps)
        if request.content_type.startswith("multipart/form-data"):
            tree = parse_multipart(request.body, request.content_type)
        else:
            tree = parse_form(request.body.decode() or request.query)
        params = check(tree, endpoint.params)
        paths = params.pop("expand", [])
        for name in params:
            if name not in endpoint.takes.split():
                raise ParameterError(f"The parameter {name} is not available in this account.", name)
        return endpoint, Call(request.path, tuple(ids), params), paths

    def _authenticate(self, request: _Request) -> None:
        scheme, _, key = request.authorization.partition(" ")
        if scheme != "Bearer" or not key:
            raise ApiError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization "
                "header.",
            )
        if key != self.api_key:
            raise ApiError(401, f"Invalid API Key provided: {_masked(key)}", code="api_key_invalid")
        if request.version != API_VERSION:
            raise ApiError(400, f"Invalid Stripe API version: {request.version}")

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def _find(method: str, steps: list[str]) -> tuple[Endpoint, list[str]]:
    """Find the endpoint of an address: the first, third and fifth step may be ids, most literal first."""
    for held in _masks(steps):
        endpoint = _BY_ADDRESS.get((method, tuple(held)))
        if endpoint is not None:
            return endpoint, [step for step, kept in zip(steps, held, strict=True) if kept == "{}"]
    path = "/v1/" + "/".join(steps)
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs")


def _parameters(request: _Request) -> bytes:
    """Return what an idempotency key is compared by: the boundary of a multipart body is no parameter."""
    _, found, boundary = request.content_type.partition("boundary=")
    return request.body.replace(boundary.strip('"').encode(), b"") if found else request.body


def _masks(steps: list[str]) -> list[list[str]]:
    masks = [steps]
    for position in range(len(steps) - 1, 0, -1):
        masks += [[*held[:position], "{}", *held[position + 1 :]] for held in masks]
    return masks


def _refuse_before(fault: Fault, request: _Request) -> None:
    if fault.kind is FaultKind.CONFLICT:
        raise in_use(request.key)
    if fault.kind is FaultKind.RATE_LIMIT:
        refusal = ApiError(429, "Request rate limit exceeded.", code="rate_limit")
        refusal.headers["Retry-After"] = str(max(1, round(fault.seconds)))
        raise refusal
    if fault.kind is FaultKind.PLAIN_500:
        raise server_error()


def _arranged_refusal(fault: Fault) -> ApiError:
    return ApiError(fault.status, fault.message, kind=fault.error_type, code=fault.code)


def _refused(refusal: ApiError, request: _Request, *, executed: bool = False) -> Answer:
    body = msgspec.json.encode({"error": refusal.error})
    return Answer(refusal.status, body, request.id, executed, dict(refusal.headers))


def _headers(answer: Answer, request: _Request) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Request-Id": answer.request_id,
        "Stripe-Version": API_VERSION,
        **answer.headers,
    }
    if request.key:
        headers["Idempotency-Key"] = request.key
    return headers


def _not_permitted(permission: str, key: str) -> ApiError:
    return ApiError(
        403,
        f"The provided key '{_masked(key)}' does not have the required permissions for this endpoint. "
        f"Having the 'rak_{permission}' permission would allow this request to continue.",
        code="more_permissions_required",
    )


def _masked(key: str) -> str:
    return key[:8] + "*" * 8 + key[-4:]
