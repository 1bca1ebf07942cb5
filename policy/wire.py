"""Facts and rulings as plain JSON values and back, and the JSON schema of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from policy.facts import Facts
from policy.periods import Moment
from policy.ruling import AnyRuling, Ruling

Document = dict[str, Any]
T = TypeVar("T")


class WireError(ValueError):
    """A document that is no facts, no ruling or no case; its text names the place and the fault."""


class CaseFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A case for `makegood policy explain`; without `now` it is ruled on as of this moment."""

    facts: Facts
    now: Moment | None = None


def facts_to_dict(facts: Facts) -> Document:
    """Return `facts` as JSON values: amounts in minor units, times in ISO 8601 with their offset."""
    return _values(facts)


def facts_from_dict(document: Mapping[str, Any]) -> Facts:
    """Return the facts that `document` holds. Raises WireError: an unknown or missing key, a wrong value."""
    return _checked("facts", lambda: msgspec.convert(document, Facts))


def ruling_to_dict(ruling: Ruling) -> Document:
    """Return `ruling` as JSON values, with its outcome: grant, escalate or refuse."""
    return _values(ruling)


def ruling_from_dict(document: Mapping[str, Any]) -> Ruling:
    """Return the ruling that `document` holds. Raises WireError as `facts_from_dict` does."""
    return cast("Ruling", _checked("ruling", lambda: msgspec.convert(document, AnyRuling)))


def case_from_json(text: bytes) -> CaseFile:
    """Return the case that a file holds. Raises WireError: no JSON, or not that."""
    return _checked("", lambda: msgspec.json.decode(text, type=CaseFile))


def schema() -> Document:
    """Return one JSON schema (2020-12) with the definitions `case` (read) and `ruling` (written)."""
    (case, ruling), known = msgspec.json.schema_components(
        (CaseFile, AnyRuling), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Makegood policy",
        "$defs": {**known, "case": case, "ruling": ruling},
    }


def _values(record: Struct) -> Document:
    return cast("Document", msgspec.json.decode(msgspec.json.encode(record)))


def _checked(whole: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except msgspec.DecodeError as error:
        said, _, path = str(error).partition(" - at `$")
        place = f"{whole}{path.rstrip('`')}".lstrip(".") or "The document"
        hint = "`makegood policy schema` shows what belongs there."
        raise WireError(f"{place}: {said.rstrip('.')}. {hint}") from None
