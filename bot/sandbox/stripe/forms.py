"""Request bodies and query strings as Stripe reads them: brackets nest, and uploads come as multipart."""

from __future__ import annotations

import re
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from msgspec import Struct

from bot.sandbox.stripe.errors import ParameterError


class Upload(Struct, frozen=True):
    """One file of a multipart body."""

    filename: str
    content: bytes


Node: TypeAlias = "str | Upload | dict[str, Node]"

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DISPOSITION: Final = re.compile(rb'name="([^"]*)"(?:; filename="([^"]*)")?')


def parse_form(text: str) -> dict[str, Node]:
    """Read `a=1&b[c]=2&d[0]=3&e[]=4` as nested dictionaries; a list has its indexes as keys.

    Raises ParameterError for a name whose brackets do not match or that is a value and a hash at once.
    """
    tree: dict[str, Node] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=2000):
        _place(tree, name, value)
    return tree


def parse_multipart(body: bytes, content_type: str) -> dict[str, Node]:
    """Read a multipart body. Raises ParameterError when it has no boundary."""
    _, found, boundary = content_type.partition("boundary=")
    if not found:
        raise ParameterError("The multipart body has no boundary.")
    tree: dict[str, Node] = {}
    for part in body.split(b"--" + boundary.strip('"').encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = _DISPOSITION.search(head)
        if named is None:
            raise ParameterError("A part of the multipart body has no name.")
        content = content.removesuffix(b"\r\n")
        name, filename = named.group(1).decode(), named.group(2)
        _place(tree, name, content.decode() if filename is None else Upload(filename.decode(), content))
    return tree


def _place(tree: dict[str, Node], name: str, value: str | Upload) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ParameterError(f"Invalid parameter name: {name}", param=name)
    path = [match.group(1), *re.findall(r"\[([^\[\]]*)\]", match.group(2))]
    for key in path[:-1]:
        below = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(below, dict):
            raise ParameterError("Invalid hash", param=name)
        tree = below
    tree[path[-1] or str(len(tree))] = value
