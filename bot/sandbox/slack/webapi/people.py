"""`auth.test`, `users.*`, `usergroups.*`, `bots.info` and `team.info`: who is who."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.slack.cast import BOT_PROFILE
from bot.sandbox.slack.webapi.call import MANY, TIERS, ApiError, Call, Method
from bot.sandbox.slack.webapi.conversations import described, listed
from bot.sandbox.slack.workspace import (
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Group,
    User,
)

Json = dict[str, Any]


def _profile(call: Call, user: User) -> Json:
    body: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.display_name,
        "display_name_normalized": user.display_name,
        "title": user.title,
        "phone": "",
        "skype": "",
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "g" + user.color,
        "team": user.team_id,
    }
    if user.is_bot:
        return body | {"bot_id": BOT_ID if user.id == BOT_USER else f"B{user.id[1:]}", "api_app_id": ""}
    # A person of another workspace keeps their address to themselves.
    if call.may("users:read.email") and not user.is_stranger:
        body["email"] = user.email
    return body


def _described(call: Call, user: User) -> Json:
    body: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "profile": _profile(call, user),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if user.deleted:
        return body
    body |= {
        "color": user.color,
        "tz": user.tz,
        "tz_label": user.tz.rpartition("/")[2].replace("_", " "),
        "tz_offset": call.core.workspace.tz_offset(user),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
    }
    return body | ({"is_stranger": True} if user.is_stranger else {})


def _auth_test(call: Call) -> Json:
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": call.core.workspace.users[BOT_USER].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def _info(call: Call) -> Json:
    return {"user": _described(call, call.user())}


def _list(call: Call) -> Json:
    people = [user for user in call.core.workspace.users.values() if not user.is_stranger]
    page, metadata = call.page(people, default=200)
    return {"members": [_described(call, user) for user in page], "response_metadata": metadata}


def _by_email(call: Call) -> Json:
    email = call.required("email").lower()
    for user in call.core.workspace.users.values():
        if user.email == email and not (user.is_bot or user.is_stranger or user.deleted):
            return {"user": _described(call, user)}
    raise ApiError("users_not_found")


def _profile_get(call: Call) -> Json:
    return {"profile": _profile(call, call.user())}


def _conversations(call: Call) -> Json:
    asked = call.user().id if call.text("user") else BOT_USER
    found = [channel for channel in listed(call) if asked in channel.members]
    page, metadata = call.page(found)
    return {"channels": [described(call, channel) for channel in page], "response_metadata": metadata}


def _paid(call: Call) -> None:
    if not call.core.workspace.paid_plan:
        raise ApiError("plan_upgrade_required")


def _group(group: Group) -> Json:
    return {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_create": 1_700_000_000,
        "date_delete": 0,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(group.members),
    }


def _groups(call: Call) -> Json:
    _paid(call)
    described_groups = []
    for group in call.core.workspace.groups.values():
        body = _group(group)
        if call.flag("include_users"):
            body["users"] = list(group.members)
        described_groups.append(body)
    return {"usergroups": described_groups}


def _group_members(call: Call) -> Json:
    _paid(call)
    group = call.core.workspace.groups.get(call.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    # Slack leaves deactivated people out of a group.
    members = [user for user in group.members if not call.core.workspace.users[user].deleted]
    return {"users": members}


def _bot(call: Call) -> Json:
    if call.required("bot") != BOT_ID:
        raise ApiError("bot_not_found")
    return {"bot": {**BOT_PROFILE, "user_id": BOT_USER, "updated": 1_700_000_000, "icons": {}}}


def _team(_call: Call) -> Json:
    team = {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN}
    return {"team": team | {"email_domain": f"{TEAM_DOMAIN}.example", "icon": {}}}


METHODS: Final = {
    "auth.test": Method(_auth_test, per_minute=MANY),
    "users.info": Method(_info, "users:read", TIERS[4]),
    "users.list": Method(_list, "users:read", TIERS[2]),
    "users.lookupByEmail": Method(_by_email, "users:read.email"),
    "users.profile.get": Method(_profile_get, "users.profile:read", TIERS[4]),
    "users.conversations": Method(_conversations),
    "usergroups.list": Method(_groups, "usergroups:read", TIERS[2]),
    "usergroups.users.list": Method(_group_members, "usergroups:read", TIERS[2]),
    "bots.info": Method(_bot, "users:read"),
    "team.info": Method(_team, "team:read"),
}
