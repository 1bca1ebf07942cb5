"""The refusals of the local Stripe, in the error shape of Stripe's API ("Errors" in the API reference)."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
"""One object of the API, as it is sent: JSON values only."""


class ApiError(Exception):
    """A request that is answered with an error: HTTP `status` and the fields of `error`."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.error: Record = {"type": kind, "message": message}
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param


class ParameterError(ApiError):
    """A parameter that does not pass validation: nothing was executed, no idempotency key is used up."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(400, message, code=code, param=param)


def missing(kind: str, identifier: str, param: str = "id", status: int = 404) -> ApiError:
    """Return the refusal for an id that the account does not have."""
    words = kind.removeprefix("radar.").replace("_", " ")
    return ApiError(status, f"No such {words}: '{identifier}'", code="resource_missing", param=param)


def server_error() -> ApiError:
    """Return Stripe's own failure, a 500 that says nothing about what was done."""
    return ApiError(500, "An unknown error occurred.", kind="api_error")
