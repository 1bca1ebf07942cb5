"""What people do with blocks: clicks, menus and their options, forms that are sent or closed."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from bot.sandbox.slack import attaching, form, payloads
from bot.sandbox.slack.acting import Acting, NotPossibleError, Outcome, failed
from bot.sandbox.slack.blocks import interactive
from bot.sandbox.slack.elements import OPTION, OPTION_GROUP
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.schema import array
from bot.sandbox.slack.screens import tell_modals
from bot.sandbox.slack.views import View, ViewRefusedError
from bot.sandbox.slack.workspace import TEAM_ID, Channel, User

Json = dict[str, Any]

_EXTERNAL: Final = ("external_select", "multi_external_select")
_QUERY: Final = 3
"""Characters that an external select waits for unless `min_query_length` says otherwise."""


class _Screen(Struct, frozen=True):
    """Where somebody interacts: a view, or a message in a channel."""

    person: User
    view: View | None = None
    channel: Channel | None = None
    message: Message | None = None

    @property
    def id(self) -> str:
        return self.view.id if self.view else self.message.ts if self.message else ""

    @property
    def blocks(self) -> list[Json]:
        drawn: list[Json] = (
            self.view.body["blocks"] if self.view else self.message.blocks if self.message else []
        )
        return drawn


class Interacting(Acting):
    """A person's acts on blocks. Each is told what Slack would show: an Outcome, never an exception."""

    async def click(
        self,
        user: str,
        action_id: str,
        *,
        channel: str = "",
        ts: str = "",
        view_id: str = "",
        block_id: str = "",
        chosen: Json | None = None,
        state: Json | None = None,
    ) -> Outcome:
        """Use an element of a message (`channel`, `ts`) or of a view: press a button, choose, tick, type.

        `chosen` is the element's state key and value, such as `{"selected_option": "usd"}`; `state` what
        stands in the other fields, by block id and action id. A field that does not dispatch only keeps it.
        """
        try:
            screen = self._screen(user, channel, ts, view_id)
            block, element = self._element(screen, block_id, action_id)
            self._enter(screen, state or {})
            used = self._used(screen, block, element, chosen or {})
        except (NotPossibleError, form.NotOnScreenError) as refusal:
            return failed(str(refusal))
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Outcome()
        if not self.core.installation.is_interactive:
            return failed("interactivity_not_configured")
        payload = payloads.interaction("block_actions", screen.person) | self._where(screen)
        payload["trigger_id"] = self.core.triggers.issue(user)
        if screen.channel and screen.message:
            url = payloads.response_url(self.core, screen.channel, screen.person, screen.message)
            payload["response_url"] = url
        payload["actions"] = [payloads.action(self.core, block, element, used)]
        answer = await self.core.delivery.send("interactive", payload, wants_body=False)
        return failed(answer.failure) if answer.failure else Outcome()

    async def options(
        self,
        user: str,
        action_id: str,
        query: str = "",
        *,
        channel: str = "",
        ts: str = "",
        view_id: str = "",
        block_id: str = "",
    ) -> Json:
        """Type into an external select; return `{options}`, `{option_groups}` or `{error}`."""
        try:
            screen = self._screen(user, channel, ts, view_id)
            block, element = self._element(screen, block_id, action_id)
        except NotPossibleError as refusal:
            return {"error": str(refusal)}
        if element["type"] not in _EXTERNAL:
            return {"error": "not_an_external_select"}
        if len(query) < element.get("min_query_length", _QUERY):
            return {"options": []}
        payload = payloads.interaction("block_suggestion", screen.person) | self._where(screen)
        payload |= {"action_id": action_id, "block_id": block["block_id"], "value": query}
        answer = await self.core.delivery.send("interactive", payload, wants_body=True)
        if answer.failure:
            return {"error": answer.failure}
        offered = _offered(answer.body)
        if "error" not in offered:
            flat = offered.get("options") or [
                o for g in offered.get("option_groups", []) for o in g["options"]
            ]
            self.core.offers[screen.id, block["block_id"], action_id] = flat
        return offered

    async def submit(self, user: str, view_id: str, state: Json | None = None) -> Outcome:
        """Send the modal on top: Slack's client checks the fields, then shows what the app answers."""
        try:
            screen = self._screen(user, "", "", view_id)
            self._enter(screen, state or {})
        except (NotPossibleError, form.NotOnScreenError) as refusal:
            return failed(str(refusal))
        view = screen.view
        if view is None or "submit" not in view.body:
            return failed("no_submit_button")
        errors = form.client_errors(view.body["blocks"], view.values)
        if errors:
            return Outcome(ok=False, errors=errors)
        payload = payloads.interaction("view_submission", screen.person)
        payload |= {"trigger_id": self.core.triggers.issue(user), "view": view.shown()}
        payload["response_urls"] = self._response_urls(screen.person, view)
        answer = await self.core.delivery.send("interactive", payload, wants_body=True)
        if answer.failure:
            return failed(answer.failure)
        outcome = self._responded(view, answer.body)
        tell_modals(self.core, user)
        return outcome

    def attach(self, user: str, name: str, content: bytes) -> Json:
        """Upload a file for a form's field; return it as the field's state holds it. Raises ValueError."""
        return attaching.attach(self.core, self._person(user).id, name, content)

    async def close(self, user: str, view_id: str) -> Outcome:
        """Close a modal; the app hears of it where it asked to (`notify_on_close`)."""
        try:
            screen = self._screen(user, "", "", view_id)
        except NotPossibleError as refusal:
            return failed(str(refusal))
        view = screen.view
        if view is None or view.body["type"] != "modal":
            return failed("not_found")
        cleared = bool(view.body.get("clear_on_close"))
        gone = self.core.views.clear(user) if cleared else self.core.views.close(view)
        tell_modals(self.core, user)
        for closed in gone:
            if closed.body.get("notify_on_close"):
                payload = payloads.interaction("view_closed", screen.person)
                payload |= {"view": closed.shown(), "is_cleared": cleared}
                await self.core.delivery.send("interactive", payload, wants_body=False)
        return Outcome()

    def _screen(self, user: str, channel: str, ts: str, view_id: str) -> _Screen:
        person = self._person(user)
        if not view_id:
            place = self._place(user, channel)
            return _Screen(person, channel=place, message=self._message(user, place, ts))
        view = self.core.views.find(view_id)
        stack = self.core.views.stacks.get(user, [])
        if view is None or view.user != user or (view.body["type"] == "modal" and view is not stack[-1]):
            raise NotPossibleError("not_found")
        return _Screen(person, view=view)

    def _element(self, screen: _Screen, block_id: str, action_id: str) -> tuple[Json, Json]:
        found = [
            (block, element)
            for block, element in interactive(screen.blocks)
            if element["action_id"] == action_id and block_id in {"", block["block_id"]}
        ]
        if len(found) != 1:
            raise NotPossibleError(f"{len(found)} elements are called {action_id}; name the block")
        return found[0]

    def _enter(self, screen: _Screen, given: Json) -> None:
        """Take over what stands in the fields. Raises NotOnScreenError."""

        def offers(block_id: str, action_id: str) -> list[Json]:
            return self.core.offers.get((screen.id, block_id, action_id), [])

        given = attaching.put_in(self.core, screen.person.id, screen.blocks, given)
        if screen.view:
            values = form.entered(screen.blocks, screen.view.values, given, offers)
            screen.view.values = values
            return
        key = (screen.person.id, screen.id)
        before = self.core.message_values.get(key) or form.blank(screen.blocks)
        self.core.message_values[key] = form.entered(screen.blocks, before, given, offers)

    def _used(self, screen: _Screen, block: Json, element: Json, chosen: Json) -> Json:
        """Return what an element says after it was used; a menu's or field's state is kept as well."""
        kind, block_id, action_id = element["type"], block["block_id"], element["action_id"]
        if kind == "overflow":
            wanted = chosen.get("selected_option")
            value = wanted.get("value") if isinstance(wanted, dict) else wanted
            option = next((o for o in element["options"] if o["value"] == value), None)
            if option is None:
                raise NotPossibleError(f"“{value}” is not in the menu {action_id}")
            return {"selected_option": option}
        if kind not in form.SHAPES:
            return {}
        if chosen:
            self._enter(screen, {block_id: {action_id: chosen}})
        values = screen.view.values if screen.view else self.core.message_values[screen.person.id, screen.id]
        return values[block_id][action_id]

    def _where(self, screen: _Screen) -> Json:
        if screen.view:
            return payloads.on_view(screen.view)
        if screen.channel is None or screen.message is None:
            return {}
        return payloads.on_message(self.core, screen.person, screen.channel, screen.message)

    def _response_urls(self, person: User, view: View) -> list[Json]:
        urls = []
        for block, element in interactive(view.body["blocks"]):
            if not element.get("response_url_enabled"):
                continue
            key, _ = form.SHAPES[element["type"]]
            channel = view.values[block["block_id"]][element["action_id"]][key]
            if channel:
                secret = self.core.response_urls.issue(channel, person.id)
                url = self.core.address(f"/app/{TEAM_ID}/{secret}")
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                urls.append({**ids, "channel_id": channel, "response_url": url})
        return urls

    def _responded(self, view: View, body: Json) -> Outcome:
        """Do what the app answered to a submission; what Slack cannot use stays on the screen as an error."""
        if not body:
            self.core.views.close(view)
            return Outcome()
        try:
            match body.get("response_action"):
                case "clear":
                    self.core.views.clear(view.user)
                case "errors":
                    return _field_errors(view, body.get("errors"))
                case "update":
                    self.core.views.update(view, body.get("view") or {})
                case "push":
                    self.core.views.push(view.user, body.get("view") or {})
                case other:
                    return failed("invalid_response", f"unknown response_action: {other}")
        except ViewRefusedError as refusal:
            return failed("invalid_response", str(refusal), *refusal.messages)
        return Outcome()


def _field_errors(view: View, errors: object) -> Outcome:
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        return failed("invalid_response", "errors must be an object that is not empty")
    unknown = sorted(errors.keys() - inputs)
    if unknown:
        return failed("invalid_response", f"errors name no input block of this view: {', '.join(unknown)}")
    return Outcome(ok=False, errors={block_id: str(said) for block_id, said in errors.items()})


def _offered(body: Json) -> Json:
    for key, each in (("options", OPTION), ("option_groups", OPTION_GROUP)):
        if key in body:
            wrong = list(array(each, 100, 0)(body[key], f"/{key}"))
            return {"error": "invalid_response", "messages": wrong} if wrong else {key: body[key]}
    return {"error": "invalid_response", "messages": ["missing options or option_groups"]}
