"""Modals and Home tabs: who has which open, with their hash and what stands in their fields."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from bot.sandbox.slack import form
from bot.sandbox.slack.blocks import view_complaints, with_ids
from bot.sandbox.slack.workspace import APP_ID, BOT_ID, TEAM_ID, Workspace

Json = dict[str, Any]

STACK: Final = 3
"""Views in a modal's stack at most."""
_SIZE: Final = 250_000
"""Bytes of a view at most; beyond it Slack answers `view_too_large`."""


class ViewRefusedError(ValueError):
    """A view that Slack does not take; its text is Slack's error name, `messages` say what is wrong."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.messages = messages or []


@dataclass
class View:
    """A view on somebody's screen. `body` is what the app sent, with ids filled in."""

    id: str
    user: str
    body: Json
    hash: str
    values: form.Values
    root_id: str = ""
    previous_id: str | None = None

    def shown(self) -> Json:
        """Return it as payloads and the Web API show it."""
        body = self.body
        home = {} if body["type"] == "home" else _MODAL_DEFAULTS | {"title": body["title"]}
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "external_id": body.get("external_id", ""),
            "state": {"values": self.values},
            "hash": self.hash,
            **{key: body.get(key, default) for key, default in home.items()},
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id or self.id,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


_MODAL_DEFAULTS: Final[Json] = {
    "title": None,
    "submit": None,
    "close": None,
    "clear_on_close": False,
    "notify_on_close": False,
}


@dataclass
class Views:
    """Each person's stack of modals, the top one last, and their Home tab."""

    workspace: Workspace
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)

    def open(self, user: str, body: Json) -> View:
        """Show a modal in place of whatever `user` has open. Raises ViewRefusedError."""
        view = self._made(user, body, "modal")
        view.root_id = view.id
        self.stacks[user] = [view]
        return view

    def push(self, user: str, body: Json) -> View:
        """Put a modal on top of the one that `user` has open. Raises ViewRefusedError."""
        stack = self.stacks.get(user)
        if not stack:
            raise ViewRefusedError("not_found")
        if len(stack) >= STACK:
            raise ViewRefusedError("push_limit_reached")
        view = self._made(user, body, "modal")
        view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def update(self, view: View, body: Json, expected_hash: str = "") -> View:
        """Redraw a modal; `expected_hash` guards against a view that changed. Raises ViewRefusedError."""
        if expected_hash and expected_hash != view.hash:
            raise ViewRefusedError("hash_conflict")
        checked = self._checked(body, view.body["type"], view)
        view.values = form.carried(view.values, checked["blocks"])
        view.body, view.hash = checked, self._hash()
        return view

    def publish(self, user: str, body: Json, expected_hash: str = "") -> View:
        """Draw `user`'s Home tab. Raises ViewRefusedError."""
        home = self.homes.get(user)
        if expected_hash and home and expected_hash != home.hash:
            raise ViewRefusedError("hash_conflict")
        if home is None:
            self.homes[user] = self._made(user, body, "home")
            return self.homes[user]
        checked = self._checked(body, "home", home)
        home.values = form.carried(home.values, checked["blocks"])
        home.body, home.hash = checked, self._hash()
        return home

    def find(self, view_id: str = "", external_id: str = "") -> View | None:
        """Return the view that is on a screen under this id."""
        for view in [*(v for stack in self.stacks.values() for v in stack), *self.homes.values()]:
            if view_id and view.id == view_id:
                return view
            if external_id and view.body.get("external_id") == external_id:
                return view
        return None

    def close(self, view: View) -> list[View]:
        """Take a modal off its stack, with what lies above it, and return those views, top first."""
        stack = self.stacks.get(view.user, [])
        if view not in stack:
            return []
        place = stack.index(view)
        gone = stack[place:][::-1]
        self.stacks[view.user] = stack[:place]
        return gone

    def clear(self, user: str) -> list[View]:
        """Close all of somebody's modals and return them, top first."""
        return self.stacks.pop(user, [])[::-1]

    def _made(self, user: str, body: Json, kind: str) -> View:
        checked = self._checked(body, kind)
        return View(self.workspace.new_id("V"), user, checked, self._hash(), form.blank(checked["blocks"]))

    def _checked(self, body: Json, kind: str, replaced: View | None = None) -> Json:
        if len(msgspec.json.encode(body)) > _SIZE:
            raise ViewRefusedError("view_too_large")
        complaints = view_complaints(body)
        if not complaints and body["type"] != kind:
            complaints = [f"view type must be {kind} [json-pointer:/view/type]"]
        if complaints:
            raise ViewRefusedError("invalid_arguments", [f"[ERROR] {complaint}" for complaint in complaints])
        external_id = body.get("external_id", "")
        other = self.find(external_id=external_id) if external_id else None
        if other and other is not replaced:
            raise ViewRefusedError("duplicate_external_id")
        return {**body, "blocks": with_ids(body["blocks"], secrets.token_urlsafe(4))}

    def _hash(self) -> str:
        return f"{self.workspace.ts().split('.')[0]}.{secrets.token_urlsafe(6)}"
