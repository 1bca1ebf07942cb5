"""Facts and rulings as plain JSON values and back, and the JSON schema of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from policy.facts import Facts
from policy.ruling import Escalate, Grant, Refuse, Ruling

Document = dict[str, Any]
Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]
T = TypeVar("T")

_OUTCOMES: Final[Mapping[str, Any]] = {"grant": Grant, "escalate": Escalate, "refuse": Refuse}
_NAMES: Final = {kind: name for name, kind in _OUTCOMES.items()}


class WireError(ValueError):
    """A document that is no facts or no ruling; its text names the place and the fault."""


def facts_to_dict(facts: Facts) -> Document:
    """Return `facts` as JSON values: amounts in minor units, times in ISO 8601 with their offset."""
    return cast("Document", _encoder(Facts)(facts))


def facts_from_dict(document: Mapping[str, Any]) -> Facts:
    """Return the facts that `document` holds. Raises WireError: an unknown or missing key, a wrong value."""
    return cast("Facts", _decoder(Facts, "facts")(document))


def ruling_to_dict(ruling: Ruling) -> Document:
    """Return `ruling` as JSON values, with its outcome: grant, escalate or refuse."""
    outcome = _NAMES[type(ruling)]
    return {"outcome": outcome, **_encoder(_OUTCOMES[outcome])(ruling)}


def ruling_from_dict(document: Mapping[str, Any]) -> Ruling:
    """Return the ruling that `document` holds. Raises WireError as `facts_from_dict` does."""
    if document.get("outcome") not in _OUTCOMES:
        raise WireError(f"ruling.outcome must be one of {', '.join(_OUTCOMES)}.")
    rest = {key: value for key, value in document.items() if key != "outcome"}
    return cast("Ruling", _decoder(_OUTCOMES[document["outcome"]], "ruling")(rest))


def moment_from_text(value: Any, where: str) -> datetime:  # noqa: ANN401 - any JSON value may stand here
    """Return the time that an ISO 8601 text with its offset names. Raises WireError, naming `where`."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WireError(f"{where} must be a time such as 2026-11-02T09:00:00+00:00.") from None
    if moment.tzinfo is None:
        raise WireError(f"{where} must say its offset from UTC, such as +00:00.")
    return moment


@cache
def _encoder(kind: Any) -> Encode:  # noqa: ANN401 - a type hint has no narrower type
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = [(part.name, _encoder(hints[part.name])) for part in fields(kind)]
        return lambda value: {name: encode(getattr(value, name)) for name, encode in parts}
    if get_origin(kind) in (Union, UnionType):
        inner = _encoder(_some(kind))
        return lambda value: None if value is None else inner(value)
    if get_origin(kind) is tuple:
        item = _encoder(get_args(kind)[0])
        return lambda value: [item(one) for one in value]
    if kind is datetime:
        return lambda value: value.isoformat()
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    return lambda value: value


@cache
def _decoder(kind: Any, where: str) -> Decode:  # noqa: ANN401 - a type hint has no narrower type
    if isinstance(kind, type) and is_dataclass(kind):
        return _object_decoder(kind, where)
    if get_origin(kind) in (Union, UnionType):
        inner = _decoder(_some(kind), where)
        return lambda value: None if value is None else inner(value)
    if get_origin(kind) is tuple:
        return _list_decoder(_decoder(get_args(kind)[0], f"{where}[]"), where)
    if kind is datetime:
        return lambda value: moment_from_text(value, where)
    if issubclass(kind, StrEnum):
        return _choice_decoder(kind, where)
    return _plain_decoder(kind, where)


def _object_decoder(kind: type, where: str) -> Decode:
    hints = get_type_hints(kind)
    parts = [(part.name, _decoder(hints[part.name], f"{where}.{part.name}")) for part in fields(kind)]
    names = {part.name for part in fields(kind)}
    needed = [
        part.name for part in fields(kind) if part.default is MISSING and part.default_factory is MISSING
    ]

    def decode(value: Any) -> Any:  # noqa: ANN401 - any JSON value may stand here
        if not isinstance(value, Mapping):
            raise WireError(f"{where} must be an object.")
        if not names.issuperset(value):
            raise WireError(f"{where} has unknown keys: {', '.join(sorted(map(str, set(value) - names)))}.")
        missing = [name for name in needed if name not in value]
        if missing:
            raise WireError(f"{where} lacks {', '.join(missing)}.")
        try:
            return kind(**{name: part(value[name]) for name, part in parts if name in value})
        except WireError:
            raise
        except ValueError as error:
            raise WireError(f"{where}: {error}") from error

    return decode


def _list_decoder(item: Decode, where: str) -> Decode:
    def decode(value: Any) -> Any:  # noqa: ANN401 - any JSON value may stand here
        if not isinstance(value, list | tuple):
            raise WireError(f"{where} must be a list.")
        return tuple(item(one) for one in value)

    return decode


def _choice_decoder(kind: type[StrEnum], where: str) -> Decode:
    members = {member.value: member for member in kind}

    def decode(value: Any) -> Any:  # noqa: ANN401 - any JSON value may stand here
        if not isinstance(value, str) or value not in members:
            raise WireError(f"{where} must be one of {', '.join(members)}.")
        return members[value]

    return decode


def _plain_decoder(kind: type, where: str) -> Decode:
    named = {str: "a text", int: "a whole number", bool: "true or false"}[kind]

    def decode(value: Any) -> Any:  # noqa: ANN401 - any JSON value may stand here
        if type(value) is not kind:
            raise WireError(f"{where} must be {named}.")
        return value

    return decode


def _some(kind: Any) -> Any:  # noqa: ANN401 - a type hint has no narrower type
    return next(part for part in get_args(kind) if part is not NoneType)
