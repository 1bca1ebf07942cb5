"""The JSON schema of the documents that `policy explain` reads and writes."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from policy.facts import Facts
from policy.ruling import Escalate, Grant, Refuse

Schema = dict[str, Any]


def schema() -> Schema:
    """Return one JSON schema (2020-12) with the definitions `case` (read) and `ruling` (written)."""
    known: dict[str, Schema] = {}
    outcomes = [
        _outcome(kind, name, known)
        for kind, name in ((Grant, "grant"), (Escalate, "escalate"), (Refuse, "refuse"))
    ]
    case: Schema = {
        "type": "object",
        "description": "A case for `makegood policy explain`; without `now` it is ruled on as of today.",
        "properties": {"facts": _of(Facts, known), "now": _of(datetime, known)},
        "required": ["facts"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Makegood policy",
        "$defs": {**known, "case": case, "ruling": {"oneOf": outcomes}},
    }


def _outcome(kind: type, name: str, known: dict[str, Schema]) -> Schema:
    described = _object(kind, known)
    described["properties"] = {"outcome": {"const": name}, **described["properties"]}
    described["required"] = ["outcome", *described["required"]]
    return described


def _of(kind: Any, known: dict[str, Schema]) -> Schema:  # noqa: ANN401 - a type hint has no narrower type
    if isinstance(kind, type) and is_dataclass(kind):
        if kind.__name__ not in known:
            known[kind.__name__] = {}
            known[kind.__name__].update(_object(kind, known))
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if get_origin(kind) in (Union, UnionType):
        inner = next(part for part in get_args(kind) if part is not NoneType)
        return {"anyOf": [_of(inner, known), {"type": "null"}]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _of(get_args(kind)[0], known)}
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}


def _object(kind: type, known: dict[str, Schema]) -> Schema:
    hints = get_type_hints(kind)
    parts = fields(kind)
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": {part.name: _of(hints[part.name], known) for part in parts},
        "required": [
            part.name for part in parts if part.default is MISSING and part.default_factory is MISSING
        ],
        "additionalProperties": False,
    }
