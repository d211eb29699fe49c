"""``port-forward-tester``: serves one connection, says in its log what happens to it, and ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from liqolab.kube.node.agnhost.job import Job

_LINGER_SECONDS = 0.5
"""Between the end of what it says and hanging up, so that a client sees the end and not a broken connection."""


async def serve(job: Job) -> int:
    """Wait for a client, read what it is expected to say, answer with ``CHUNKS`` pieces of ``CHUNK_SIZE`` bytes."""
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if arrived.done():
            writer.close()
        else:
            arrived.set_result((reader, writer))

    def protocol() -> asyncio.BaseProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), connected)

    async with AsyncExitStack() as stack:
        port = await _number(job, "BIND_PORT")
        if port is None:
            return 1
        await job.listen(stack, port, protocol)
        job.container.ready.set()
        reader, writer = await arrived
        stack.callback(writer.close)
        await job.say("Accepted client connection\n")
        return await _expect(job, reader) or await _tell(job, writer)


async def _expect(job: Job, reader: asyncio.StreamReader) -> int:
    """Read what the client has to say first; the exit code, 0 where that is right."""
    wanted = job.container.env.get("EXPECTED_CLIENT_DATA", "").encode()
    if not wanted:
        return 0
    try:
        found = await reader.readexactly(len(wanted))
    except (asyncio.IncompleteReadError, OSError) as error:
        got = len(error.partial) if isinstance(error, asyncio.IncompleteReadError) else 0
        await job.say(f"Expected to read {len(wanted)} bytes from client, but got {got} instead. err=EOF\n")
        return 2
    if found != wanted:
        await job.say(f'Expect to read "{wanted.decode()}", but got "{found.decode(errors="replace")}". err=<nil>\n')
        return 3
    await job.say("Received expected client data\n")
    return 0


async def _tell(job: Job, writer: asyncio.StreamWriter) -> int:
    figures = [await _number(job, name) for name in ("CHUNKS", "CHUNK_SIZE", "CHUNK_INTERVAL")]
    chunks, size, pause = (number or 0 for number in figures)
    if None in figures:
        return 1
    try:
        for chunk in range(chunks):
            if chunk:
                await asyncio.sleep(pause / 1000)
            writer.write(b"x" * size)
            await writer.drain()
        await job.say("Shutting down connection\n")
        if writer.can_write_eof():
            writer.write_eof()
    except OSError as error:
        await job.say(f"Expected to write {size} bytes from client, but wrote 0 instead. err={error}\n")
        return 4
    await asyncio.sleep(_LINGER_SECONDS)
    await job.say("Done\n")
    return 0


async def _number(job: Job, name: str) -> int | None:
    text = job.container.env.get(name, "")
    if text.removeprefix("-").isdigit():
        return int(text)
    await job.say(f'Error parsing {name} "{text}": strconv.Atoi: parsing "{text}": invalid syntax\n')
    return None
