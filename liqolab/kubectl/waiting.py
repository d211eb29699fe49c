"""Commands that wait: wait, rollout status. One LIST, one WATCH."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import click
import orjson

from liqolab.apimachinery.builtin import DEPLOYMENTS
from liqolab.apimachinery.jsonpath import JsonPath
from liqolab.apimachinery.meta import find_condition
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.waiting import Store, comes_to_hold
from liqolab.kubectl.connection import Connection, connected
from liqolab.kubectl.output import typed_name

Reached = Callable[[Object | None], bool]


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--for", "goal", required=True, help="delete, condition=NAME[=VALUE] or jsonpath={…}=VALUE")
@click.option("--timeout", default="30s", help="Like 30s or 2m.")
@connected
async def wait(connection: Connection, words: tuple[str, ...], goal: str, timeout: str) -> None:
    """Wait for a condition of one or many resources."""
    kind, slash, name = words[0].partition("/")
    resource = await connection.discovery.find(kind)
    reached, verb = _goal(goal)
    for each in [name] if slash else words[1:]:
        try:
            async with asyncio.timeout(_seconds(timeout)):
                await _until(connection, resource, each, reached)
        except TimeoutError:
            text = f"error: timed out waiting for the condition on {resource.plural}/{each}"
            raise click.ClickException(text) from None
        click.echo(f"{typed_name(resource, each)} {verb}")


@click.group()
def rollout() -> None:
    """Manage the rollout of a resource."""


@rollout.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--timeout", default="0s", help="Like 30s or 2m; 0 waits without end.")
@connected
async def status(connection: Connection, words: tuple[str, ...], timeout: str) -> None:
    """Show the status of the rollout."""
    name = words[-1].rpartition("/")[2]
    try:
        async with asyncio.timeout(_seconds(timeout) or None):
            await _until(connection, DEPLOYMENTS, name, _rolled_out)
    except TimeoutError:
        raise click.ClickException("error: timed out waiting for the condition") from None
    click.echo(f'deployment "{name}" successfully rolled out')


def _rolled_out(item: Object | None) -> bool:
    if item is None:
        return False
    spec, state = item["spec"], item.get("status", {})
    wanted = spec.get("replicas", 1)
    counts = (state.get("updatedReplicas", 0), state.get("replicas", 0), state.get("availableReplicas", 0))
    return state.get("observedGeneration", 0) >= item["metadata"]["generation"] and counts == (wanted,) * 3


async def _until(connection: Connection, resource: Resource, name: str, reached: Reached) -> None:
    namespace, fields = connection.place(resource), f"metadata.name={name}"

    def done(store: Store) -> bool:
        return reached(next(iter(store.values()), None))

    while not await comes_to_hold(connection.client, resource, done, namespace, fields=fields):
        # The server has ended the stream in good order.
        pass


def _goal(text: str) -> tuple[Reached, str]:
    kind, _, rest = text.partition("=")
    if kind == "delete":
        return (lambda item: item is None), "condition met"
    if kind == "condition":
        name, _, value = rest.partition("=")

        def holds(item: Object | None) -> bool:
            condition = find_condition(item, name) if item else None
            return condition is not None and condition["status"].lower() == (value or "true").lower()

        return holds, "condition met"
    if kind == "jsonpath":
        expression, _, value = rest.rpartition("=")
        path = JsonPath(expression.strip("'"))
        return (lambda item: item is not None and [str(found) for found in path.find(item)] == [value]), "condition met"
    raise click.ClickException(f"error: unrecognized condition: {orjson.dumps(text).decode()}")


def _seconds(text: str) -> float:
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([hms])", text))
