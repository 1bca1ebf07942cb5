"""Parameter checks read off the SDK's own parameter types, so they cannot differ from its API version."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from typing_extensions import is_typeddict  # the SDK's types are made with it

from bot.sandbox.stripe.errors import ParameterError, Record
from bot.sandbox.stripe.forms import Node, Upload

_METADATA_KEYS: Final = 50
_METADATA_KEY_LENGTH: Final = 40
_METADATA_VALUE_LENGTH: Final = 500
_INTEGER: Final = re.compile(r"-?\d+")
# What the inherited request options name without importing it where the parameter types are.
_OPTIONS_NAMES: Final[dict[str, Any]] = {"StripeContext": object, "Mapping": Mapping}
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


class Shape(Struct, frozen=True):
    """What one parameter may be: any of its alternatives."""

    required: bool = False
    scalars: frozenset[str] = frozenset()
    """Of `text`, `integer`, `number`, `boolean`, `file`."""
    choices: tuple[str, ...] = ()
    empties: bool = False
    """An empty string, which unsets the value."""
    fields: Mapping[str, Shape] | None = None
    items: Shape | None = None
    mapping: bool = False


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of a parameter type of the SDK, such as `RefundCreateParams` or `radar.…Params`.

    The SDK is imported at the first use: it takes a quarter of a second.
    """
    folder, _, class_name = name.rpartition(".")
    file = re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()
    module = importlib.import_module(".".join(filter(None, ["stripe.params", folder, f"_{file}"])))
    return _hash_shape(getattr(module, class_name), required=True)


@cache
def _options() -> frozenset[str]:
    """Return what a parameter type inherits from the SDK's request options; none of it is sent."""
    options = importlib.import_module("stripe._request_options").RequestOptions
    return frozenset(options.__annotations__)


def _hash_shape(cls: type, *, required: bool) -> Shape:
    hints = get_type_hints(cls, localns=_OPTIONS_NAMES, include_extras=True)
    fields = {}
    for name, hint in hints.items():
        if cls.__name__.endswith("Params") and name in _options():
            continue
        optional = get_origin(hint) is NotRequired
        fields[name] = _shape(get_args(hint)[0] if optional else hint, required=not optional)
    return Shape(required=required, fields=fields)


def _shape(hint: object, *, required: bool) -> Shape:
    alternatives = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    scalars: set[str] = set()
    choices: list[str] = []
    fields: dict[str, Shape] = {}
    items: Shape | None = None
    mapping = False
    for one in alternatives:
        origin = get_origin(one)
        if origin is Literal:
            choices += [str(value) for value in get_args(one)]
        elif origin is list:
            items = _shape(get_args(one)[0], required=False)
        elif origin is dict:
            mapping = True
        elif is_typeddict(one) and isinstance(one, type):
            fields |= _hash_shape(one, required=False).fields or {}
        else:
            scalars.add(_SCALARS.get(getattr(one, "__name__", ""), "file"))
    empties = "" in choices
    chosen = tuple(choice for choice in choices if choice)
    if chosen:
        scalars.discard("text")  # the SDK adds `str` to every enumeration, for values of later versions
    return Shape(required, frozenset(scalars), chosen, empties, fields or None, items, mapping and not fields)


_SCALARS: Final = {
    "str": "text",
    "int": "integer",
    "float": "number",
    "Decimal": "number",
    "bool": "boolean",
    "UntypedStripeObject": "mapping",
}


def check(tree: Mapping[str, Node], name: str) -> Record:
    """Return the parameters with their types. Raises ParameterError, as Stripe words it."""
    return _hash(tree, shape_of(name).fields or {}, "")


def _hash(tree: Mapping[str, Node], fields: Mapping[str, Shape], path: str) -> Record:
    unknown = [_join(path, name) for name in tree if name not in fields]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise ParameterError(
            f"Received unknown parameter{plural}: {', '.join(unknown)}", unknown[0], "parameter_unknown"
        )
    for name, shape in fields.items():
        if shape.required and name not in tree:
            param = _join(path, name)
            raise ParameterError(f"Missing required param: {param}.", param, "parameter_missing")
    return {name: _value(node, fields[name], _join(path, name)) for name, node in tree.items()}


def _value(node: Node, shape: Shape, path: str) -> Any:  # noqa: ANN401 - it is whatever JSON value the API takes
    if isinstance(node, Upload):
        if "file" not in shape.scalars:
            raise ParameterError("Invalid string", path)
        return node
    if isinstance(node, str):
        return _scalar(node, shape, path)
    if shape.mapping:
        return _mapping(node, path)
    if shape.items is not None and all(key.isdigit() for key in node):
        item = shape.items
        return [_value(node[key], item, f"{path}[{key}]") for key in sorted(node, key=int)]
    if shape.fields is not None:
        return _hash(node, shape.fields, path)
    raise ParameterError("Invalid array" if shape.items else "Invalid string", path)


def _scalar(text: str, shape: Shape, path: str) -> Any:  # noqa: ANN401 - text, a number or a truth value
    if text == "":
        if shape.empties:
            return ""
        raise ParameterError(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
            f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request "
            "or supply a non-empty value.",
            path,
            "parameter_invalid_empty",
        )
    if text in shape.choices or "text" in shape.scalars:
        return text
    if "boolean" in shape.scalars and text in {"true", "false"}:
        return text == "true"
    if "integer" in shape.scalars and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in shape.scalars and _NUMBER.fullmatch(text):
        return float(text)
    raise _unreadable(text, shape, path)


def _unreadable(text: str, shape: Shape, path: str) -> ParameterError:
    if shape.choices:
        *others, last = shape.choices
        listed = f"{', '.join(others)}, or {last}" if others else last
        return ParameterError(f"Invalid {path}: must be one of {listed}", path)
    for scalar, code in (("integer", "parameter_invalid_integer"), ("number", None), ("boolean", None)):
        if scalar in shape.scalars:
            return ParameterError(f"Invalid {scalar}: {text}", path, code)
    return ParameterError("Invalid array" if shape.items else "Invalid hash", path)


def _mapping(tree: Mapping[str, Node], path: str) -> dict[str, str]:
    found = {key: value for key, value in tree.items() if isinstance(value, str)}
    if len(found) != len(tree):
        raise ParameterError("Metadata values must be strings.", path)
    if len(found) > _METADATA_KEYS:
        raise ParameterError(f"You can only set up to {_METADATA_KEYS} metadata keys at a time.", path)
    for key, value in found.items():
        if len(key) > _METADATA_KEY_LENGTH:
            raise ParameterError(
                f"Metadata keys can have up to {_METADATA_KEY_LENGTH} characters. "
                f"'{key}' has {len(key)} characters.",
                f"{path}[{key}]",
            )
        if len(value) > _METADATA_VALUE_LENGTH:
            raise ParameterError(
                f"Metadata values can have up to {_METADATA_VALUE_LENGTH} characters, but you passed in a "
                f"value that is {len(value)} characters.",
                f"{path}[{key}]",
            )
    return found


def merged_metadata(held: Mapping[str, str], given: Mapping[str, str] | Literal[""] | None) -> dict[str, str]:
    """Return metadata after an update: a key with an empty value goes, `""` clears all.

    Raises ParameterError above 50 keys.
    """
    if given == "":
        return {}
    merged = {key: value for key, value in {**held, **(given or {})}.items() if value != ""}
    if len(merged) > _METADATA_KEYS:
        raise ParameterError(f"You can only have up to {_METADATA_KEYS} metadata keys.", "metadata")
    return merged


def positive(params: Mapping[str, Any], name: str) -> int | None:
    """Return an amount in minor units, or None when it was not given. Raises ParameterError below one."""
    amount: int | None = params.get(name)
    if amount is not None and amount < 1:
        raise ParameterError(
            "This value must be greater than or equal to 1.", name, "parameter_invalid_integer"
        )
    return amount


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
