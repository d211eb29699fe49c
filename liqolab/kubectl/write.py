"""Commands that change: create, apply, delete, patch, scale, label, annotate, cordon, uncordon."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.waiting import comes_to_hold
from liqolab.kubectl.connection import Connection, Target, connected, targeted
from liqolab.kubectl.output import typed_name

_MANIFESTS = (".yaml", ".yml", ".json")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@click.group(invoke_without_command=True)
@click.option("-f", "--filename", "files", multiple=True, help="File, folder or - for standard input.")
@targeted
def create(target: Target, files: tuple[str, ...]) -> None:
    """Create a resource from a file or from stdin."""
    if files:
        asyncio.run(_create_all(target, files))


@create.command("namespace")
@click.argument("name")
@connected
async def create_namespace(connection: Connection, name: str) -> None:
    """Create a namespace with the specified name."""
    await _each(connection, [NAMESPACES.manifest(name)], _create)


create.add_command(create_namespace, "ns")


@click.command()
@click.option("-f", "--filename", "files", multiple=True, required=True, help="File, folder or - for standard input.")
@connected
async def apply(connection: Connection, files: tuple[str, ...]) -> None:
    """Apply a configuration to a resource by file name or stdin."""
    await _each(connection, _read(files), _apply)


@click.command()
@click.argument("words", nargs=-1)
@click.option("-f", "--filename", "files", multiple=True, help="File, folder or - for standard input.")
@click.option("-l", "--selector", default="", help="Label selector.")
@click.option("--all", "everything", is_flag=True, help="All objects of the kind in the namespace.")
@click.option("--ignore-not-found", is_flag=True, help="Exit 0 when an object does not exist.")
@click.option("--force", is_flag=True, help="Delete at once.")
@click.option("--grace-period", type=int, default=-1, help="Seconds that a pod has to end.")
@click.option("--wait", "waiting", type=bool, default=True, help="Wait for the objects to be gone.")
@connected
async def delete(connection: Connection, words: tuple[str, ...], files: tuple[str, ...], **options: Any) -> None:
    """Delete resources by file names, stdin, resources and names, or by resources and label selector."""
    doomed = [(await connection.discovery.of(item), item["metadata"]["name"]) for item in _read(files)]
    if words and "/" in words[0]:
        pairs = [word.split("/", 1) for word in words]
        doomed += [(await connection.discovery.find(kind), name) for kind, name in pairs]
    elif words:
        resource = await connection.discovery.find(words[0])
        doomed += [(resource, name) for name in words[1:]]
        if options["selector"] or options["everything"]:
            found = await connection.client.list(resource, connection.place(resource), labels=options["selector"])
            doomed += [(resource, item["metadata"]["name"]) for item in found.items]
    for resource, name in doomed:
        await _delete_one(connection, resource, name, options)


@click.command()
@click.argument("kind")
@click.argument("name", required=False)
@click.option("-p", "--patch", "text", required=True, help="The patch, as JSON or YAML.")
@click.option("--type", "type_", type=click.Choice(["strategic", "merge", "json"]), default="strategic")
@connected
async def patch(connection: Connection, kind: str, name: str | None, text: str, type_: Any) -> None:
    """Update fields of a resource."""
    await _patch(connection, _words(kind, name), yaml.safe_load(text), type_, "patched")


@click.command()
@click.argument("kind")
@click.argument("name", required=False)
@click.option("--replicas", type=int, required=True, help="The new desired number of replicas.")
@connected
async def scale(connection: Connection, kind: str, name: str | None, replicas: int) -> None:
    """Set a new size for a deployment, replica set or stateful set."""
    await _patch(connection, _words(kind, name), {"spec": {"replicas": replicas}}, "merge", "scaled")


@click.command()
@click.argument("kind")
@click.argument("rest", nargs=-1, required=True)
@click.option("--overwrite", is_flag=True, help="Accepted; values are always overwritten.")
@connected
async def label(connection: Connection, kind: str, rest: tuple[str, ...], overwrite: bool) -> None:
    """Update the labels on a resource."""
    await _mark(connection, kind, list(rest), "labels", "labeled")


@click.command()
@click.argument("kind")
@click.argument("rest", nargs=-1, required=True)
@click.option("--overwrite", is_flag=True, help="Accepted; values are always overwritten.")
@connected
async def annotate(connection: Connection, kind: str, rest: tuple[str, ...], overwrite: bool) -> None:
    """Update the annotations on a resource."""
    await _mark(connection, kind, list(rest), "annotations", "annotated")


@click.command()
@click.argument("node")
@connected
async def cordon(connection: Connection, node: str) -> None:
    """Mark a node as unschedulable."""
    body = {"spec": {"unschedulable": True}}
    await _patch(connection, (NODES.plural, node), body, "merge", "cordoned")


@click.command()
@click.argument("node")
@connected
async def uncordon(connection: Connection, node: str) -> None:
    """Mark a node as schedulable."""
    body = {"spec": {"unschedulable": None}}
    await _patch(connection, (NODES.plural, node), body, "merge", "uncordoned")


def _words(kind: str, name: str | None) -> tuple[str, str]:
    if name is None:
        kind, slash, name = kind.partition("/")
        if not slash:
            raise click.UsageError("a resource and its name are needed: TYPE/NAME or TYPE NAME")
    return kind, name


def _read(files: tuple[str, ...]) -> list[Object]:
    texts: list[bytes] = []
    for file in files:
        path = Path(file)
        if file == "-":
            texts.append(sys.stdin.buffer.read())
        elif path.is_dir():
            texts += [
                entry.read_bytes() for entry in sorted(path.iterdir()) if entry.suffix in (".yaml", ".yml", ".json")
            ]
        elif path.exists():
            texts.append(path.read_bytes())
        else:
            raise click.ClickException(f'error: the path "{file}" does not exist')
    try:
        found = [document for text in texts for document in yaml.safe_load_all(text.decode()) if document]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(f"error: error parsing {', '.join(files)}: {error}") from None
    if not all(isinstance(document, dict) and isinstance(document.get("items", []), list) for document in found):
        raise click.ClickException(f"error: error parsing {', '.join(files)}: not all in it are objects")
    return [
        item for document in found for item in (document["items"] if document.get("kind") == "List" else [document])
    ]


async def _create_all(target: Target, files: tuple[str, ...]) -> None:
    connection = target.open()
    async with connection.client:
        await _each(connection, _read(files), _create)


async def _each(connection: Connection, items: list[Object], work: Any) -> None:
    failed = False
    for item in items:
        resource = await connection.discovery.of(item)
        namespace = item["metadata"].get("namespace") or connection.namespace
        try:
            said = await work(connection, resource, item, namespace if resource.namespaced else None)
        except ApiError as error:
            failed = True
            click.echo(f"Error from server ({error.reason}): {error.message}", err=True)
        else:
            click.echo(f"{typed_name(resource, item['metadata']['name'])} {said}")
    if failed:
        raise click.exceptions.Exit(1)


async def _create(connection: Connection, resource: Resource, item: Object, namespace: str | None) -> str:
    await connection.client.create(resource, item, namespace)
    return "created"


async def _apply(connection: Connection, resource: Resource, item: Object, namespace: str | None) -> str:
    """Create, or merge with what is there; what a former apply set and this one does not is taken away."""
    text = json.dumps(item, separators=(",", ":")) + "\n"
    metadata = {**item["metadata"], "annotations": {**(item["metadata"].get("annotations") or {}), _LAST_APPLIED: text}}
    wanted = {**item, "metadata": metadata}
    name = item["metadata"]["name"]
    current = await connection.client.find(resource, name, namespace)
    if current is None:
        await connection.client.create(resource, wanted, namespace)
        return "created"
    before = json.loads((current["metadata"].get("annotations") or {}).get(_LAST_APPLIED, "{}"))
    body = _with_deletions(before, wanted)
    after = await connection.client.patch(resource, name, body, namespace, type="merge")
    unchanged = after["metadata"]["resourceVersion"] == current["metadata"]["resourceVersion"]
    return "unchanged" if unchanged else "configured"


def _with_deletions(before: Any, wanted: Any) -> Any:
    """`wanted` as a merge patch that also removes the map keys that `before` had."""
    if not isinstance(before, dict) or not isinstance(wanted, dict):
        return wanted
    body = {key: _with_deletions(before.get(key), value) for key, value in wanted.items()}
    return body | {key: None for key in before if key not in wanted and key != "status"}


async def _delete_one(connection: Connection, resource: Resource, name: str, options: dict[str, Any]) -> None:
    namespace = connection.place(resource)
    grace = 0 if options["force"] else (options["grace_period"] if options["grace_period"] >= 0 else None)
    listed = await connection.client.list(resource, namespace, fields=f"metadata.name={name}")
    try:
        await connection.client.delete(resource, name, namespace, grace_seconds=grace, propagation="Background")
    except ApiError as error:
        if error.not_found and options["ignore_not_found"]:
            return
        raise
    where = f" from {namespace} namespace" if namespace else ""
    click.echo(f'{resource.group_kind.lower()} "{name}" deleted{where}')
    if options["waiting"] and not options["force"]:
        gone = set(map(meta.uid, listed.items))
        await comes_to_hold(
            connection.client,
            resource,
            # One of the same name may be there already, made by a controller.
            lambda store: gone.isdisjoint(map(meta.uid, store.values())),
            namespace,
            fields=f"metadata.name={name}",
        )


async def _patch(connection: Connection, words: tuple[str, str], body: Any, type_: Any, said: str) -> None:
    resource = await connection.discovery.find(words[0])
    await connection.client.patch(resource, words[1], body, connection.place(resource), type=type_)
    click.echo(f"{typed_name(resource, words[1])} {said}")


async def _mark(connection: Connection, kind: str, rest: list[str], field: str, said: str) -> None:
    name = None
    if "/" not in kind:
        name, *rest = rest
    body: dict[str, str | None] = {}
    for entry in rest:
        key, equals, value = entry.partition("=")
        if not equals and not key.endswith("-"):
            raise click.UsageError(f'"{entry}" is neither KEY=VALUE nor KEY-')
        body[key if equals else key[:-1]] = value if equals else None
    await _patch(connection, _words(kind, name), {"metadata": {field: body}}, "merge", said)
