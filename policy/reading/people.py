"""Read who decides and what is escalated to them: routes and issues."""

from __future__ import annotations

from collections.abc import Mapping

from policy.model import Issue, Route
from policy.reading.table import Table


def read_routes(top: Table) -> dict[str, Route]:
    """Return the routes by id. Raises PlaybookError: an unknown next route, or a circle of them."""
    tables = top.children("routes")
    if not tables:
        raise top.error("There is no route: write at least one table such as [routes.leads].")
    routes = {name: _route(name, table, tables) for name, table in tables.items()}
    for name, table in tables.items():
        _refuse_circle(name, table, routes)
    return routes


def read_issues(top: Table, routes: Mapping[str, Route]) -> dict[str, Issue]:
    """Return the issues by id. Raises PlaybookError: an unknown route, a deadline that is no duration."""
    tables = top.children("issues")
    if not tables:
        raise top.error("There is no issue: write at least one table such as [issues.standard_refund].")
    return {name: _issue(name, table, routes) for name, table in tables.items()}


def _route(name: str, table: Table, known: Mapping[str, Table]) -> Route:
    route = Route(
        id=name,
        label=table.text("label"),
        called=table.text("called"),
        channel=table.text("channel"),
        approvers=table.text("approvers"),
        next_route=table.optional_text("next"),
        source=table.text("source"),
    )
    if route.next_route is not None and route.next_route not in known:
        raise table.error(
            f"“{route.next_route}” is not a route. It can be: {', '.join(sorted(known))}.", "next"
        )
    table.finish()
    return route


def _refuse_circle(start: str, table: Table, routes: Mapping[str, Route]) -> None:
    passed = [start]
    while (following := routes[passed[-1]].next_route) is not None:
        if following in passed:
            circle = " → ".join([*passed, following])
            raise table.error(
                f"The routes escalate in a circle: {circle}. One of them must be the last.", "next"
            )
        passed.append(following)


def _issue(name: str, table: Table, routes: Mapping[str, Route]) -> Issue:
    issue = Issue(
        id=name,
        label=table.text("label"),
        route=table.choice("route", routes),
        sla=table.duration("sla"),
        remind_ahead=table.duration("remind_ahead"),
        remind_every=table.duration("remind_every"),
        source=table.text("source"),
    )
    if issue.remind_ahead >= issue.sla:
        raise table.error(
            "“remind_ahead” must be shorter than “sla”: the reminder would come before the case.",
            "remind_ahead",
        )
    table.finish()
    return issue
