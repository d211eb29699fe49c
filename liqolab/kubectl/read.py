"""Commands that look: get, describe, logs, version, api-resources."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from liqolab.apimachinery.builtin import EVENTS, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kubectl.connection import Connection, Target, connected, targeted
from liqolab.kubectl.output import lay_out, print_table, render, typed_name

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_FORMATS = "yaml, json, wide, name or jsonpath=…"


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("-o", "--output", default="", help=_FORMATS)
@click.option("-l", "--selector", default="", help="Label selector.")
@click.option("--field-selector", default="", help="Field selector.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Of all namespaces.")
@click.option("--show-labels", is_flag=True, help="Show all labels as the last column.")
@click.option("--no-headers", is_flag=True, help="Don't print headers.")
@click.option("--ignore-not-found", is_flag=True, help="Exit 0 when an object does not exist.")
@connected
async def get(connection: Connection, words: tuple[str, ...], **options: Any) -> None:
    """Display one or many resources."""
    failed = False
    wanted = await _wanted(connection, words)
    for resource, names in wanted:
        for name in names or (None,):
            try:
                await _get_one(connection, resource, name, options, several=len(wanted) > 1)
            except ApiError as error:
                if error.not_found and options["ignore_not_found"]:
                    continue
                failed = True
                click.echo(f"Error from server ({error.reason}): {error.message}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


async def _wanted(connection: Connection, words: Sequence[str]) -> list[tuple[Resource, Sequence[str]]]:
    """What the words mean: TYPE, TYPE NAME…, TYPE/NAME…, TYPE,TYPE."""
    if all("/" in word for word in words):
        pairs = [word.split("/", 1) for word in words]
        return [(await connection.discovery.find(kind), [name]) for kind, name in pairs]
    kinds, names = words[0], words[1:]
    if kinds == "all":
        return [(resource, []) for resource in await connection.discovery.category("all")]
    return [(await connection.discovery.find(kind), names) for kind in kinds.split(",")]


async def _get_one(
    connection: Connection, resource: Resource, name: str | None, options: dict[str, Any], *, several: bool
) -> None:
    namespace = None if options["all_namespaces"] or not resource.namespaced else connection.namespace
    if options["output"] not in ("", "wide"):
        if name:
            items = [await connection.client.get(resource, name, namespace)]
        else:
            listed = await connection.client.list(
                resource, namespace, labels=options["selector"], fields=options["field_selector"]
            )
            items = listed.items
        click.echo(render(options["output"], items, resource, single=name is not None), nl=False)
        return
    table = await _table(connection, resource.path(namespace, name), options)
    if not table.get("rows"):
        if not several:
            where = "" if options["all_namespaces"] or not resource.namespaced else f" in {namespace} namespace"
            click.echo(f"No resources found{where}{'.' if where else ''}", err=True)
        return
    text = print_table(
        table,
        wide=options["output"] == "wide",
        labels=options["show_labels"],
        namespaces=options["all_namespaces"] and resource.namespaced,
        header=not options["no_headers"],
        prefix=typed_name(resource, "") if several else "",
    )
    click.echo(text + ("\n" if several else ""), nl=False)


async def _table(connection: Connection, path: str, options: dict[str, Any]) -> Object:
    query = {"labelSelector": options["selector"], "fieldSelector": options["field_selector"]}
    return await connection.client.document(path, query=query, accept=_TABLE)


@click.command()
@click.argument("words", nargs=-1, required=True)
@connected
async def describe(connection: Connection, words: tuple[str, ...]) -> None:
    """Show an object and the events about it."""
    for resource, names in await _wanted(connection, words):
        namespace = connection.place(resource)
        if not names:
            names = [item["metadata"]["name"] for item in (await connection.client.list(resource, namespace)).items]
        for name in names:
            item = await connection.client.get(resource, name, namespace)
            click.echo(render("yaml", [item], resource, single=True))
            click.echo(await _events(connection, item))


async def _events(connection: Connection, item: Object) -> str:
    uid = item["metadata"]["uid"]
    found = await connection.client.list(EVENTS, fields=f"involvedObject.uid={uid}")
    if not found.items:
        return "Events:  <none>"
    lines = [
        f"  {event.get('type', ''):<8}{event.get('reason', ''):<22}{event.get('message', '')}" for event in found.items
    ]
    return "\n".join(["Events:", *lines])


@click.command()
@click.argument("pod")
@click.argument("container_name", required=False)
@click.option("-c", "--container", help="Print the logs of this container.")
@click.option("-f", "--follow", is_flag=True, help="Stream the logs.")
@click.option("--tail", type=int, default=-1, help="Lines of recent log to show.")
@click.option("-p", "--previous", is_flag=True, help="Of the previous instance.")
@connected
async def logs(
    connection: Connection,
    pod: str,
    container_name: str | None,
    container: str | None,
    follow: bool,
    tail: int,
    previous: bool,
) -> None:
    """Print the logs of a container in a pod."""
    query = {"container": container or container_name or "", "tailLines": str(tail) if tail >= 0 else ""}
    query |= {"follow": "true" if follow else "", "previous": "true" if previous else ""}
    path = PODS.path(connection.namespace, pod.removeprefix("pod/"), "log")
    async for chunk in connection.client.stream(path, query=query):
        click.echo(chunk.decode(errors="replace"), nl=False)


@click.command()
@click.option("--client", "client_only", is_flag=True, help="Only this program's version.")
@targeted
def version(target: Target, client_only: bool) -> None:
    """Print the client and server version."""
    from liqolab import __version__

    click.echo(f"Client Version: v{__version__} (liqolab's own small kubectl)")
    if not client_only:
        click.echo(f"Server Version: {asyncio.run(_server_version(target))}")


async def _server_version(target: Target) -> str:
    connection = target.open()
    async with connection.client:
        return str((await connection.client.document("/version"))["gitVersion"])


@click.command("api-resources")
@connected
async def api_resources(connection: Connection) -> None:
    """Print the supported API resources on the server."""
    rows = (await connection.discovery.kinds()).preferred
    lines = [["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]]
    for row in rows:
        found, names = row.resource, ",".join(row.short_names)
        lines.append([found.plural, names, found.api_version, str(found.namespaced).lower(), found.kind])
    click.echo(lay_out(lines), nl=False)
