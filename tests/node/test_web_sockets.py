"""Commands and logs over WebSockets, in every protocol that clients ask for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aiohttp import WSMsgType

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]


async def messages(lab: Any, path: str, protocol: str, **query: str | list[str]) -> list[bytes]:
    rows = [(key, word) for key, value in query.items() for word in ([value] if isinstance(value, str) else value)]
    socket = await lab.client.websocket(f"/api/v1/namespaces/{lab.namespace}/pods/{path}", rows, [protocol])
    async with socket:
        assert socket.protocol == protocol
        return [row.data.encode() if row.type is WSMsgType.TEXT else row.data async for row in socket]


async def printed(lab: Any, protocol: str, script: str) -> tuple[bytes, bytes]:
    """What a command prints, and what is said of its end."""
    rows = await messages(lab, "box/exec", protocol, stdout="1", stderr="1", command=["sh", "-c", script])
    if "base64" in protocol:
        rows = [bytes((int(row[:1]),)) + base64.b64decode(row[1:]) for row in rows]
    return tuple(b"".join(row[1:] for row in rows if row[0] == number) for number in (1, 3))  # type: ignore[return-value]


async def box(lab: Any) -> None:
    await lab.pod("box", {"image": "busybox", "command": ["sh", "-c", "echo alive; sleep 600"]})
    await lab.ready("box")


async def test_a_commands_end_is_told_as_the_protocol_has_it(lab: Any) -> None:
    await box(lab)
    for protocol in ("v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"):
        out, end = await printed(lab, protocol, "echo hi")
        assert (out, json.loads(end)["status"]) == (b"hi\n", "Success")
    for protocol in ("channel.k8s.io", "base64.channel.k8s.io"):
        assert await printed(lab, protocol, "echo hi") == (b"hi\n", b"")
        assert (await printed(lab, protocol, "exit 3"))[1].startswith(b"command terminated with non-zero exit code")


async def test_logs_come_as_messages(lab: Any) -> None:
    await box(lab)
    assert b"".join(await messages(lab, "box/log", "binary.k8s.io")) == b"alive\n"
    encoded = await messages(lab, "box/log", "base64.binary.k8s.io")
    assert b"".join(map(base64.b64decode, encoded)) == b"alive\n"
