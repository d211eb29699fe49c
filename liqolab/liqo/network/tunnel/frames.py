"""The wire format of a tunnel: frames of a type, a stream number and a payload."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_HEADER: Final = struct.Struct(">BII")
LARGEST_PAYLOAD: Final = 64 * 1024
WINDOW_BYTES: Final = 512 * 1024
"""Bytes that one stream may have under way, so that a slow reader of one stream does not hold up the others."""


class FrameType(IntEnum):
    """OPEN asks for a connection to an address and is answered with OPENED or REFUSED; then DATA flows both ways,
    WINDOW gives bytes back to the sender, END half-closes, RESET breaks off. PING and PONG tell that the peer is alive.
    """

    OPEN = 1
    OPENED = 2
    REFUSED = 3
    DATA = 4
    WINDOW = 5
    END = 6
    RESET = 7
    PING = 8
    PONG = 9


@dataclass(frozen=True, slots=True)
class Frame:
    """Stream 0 is the tunnel itself."""

    type: FrameType
    stream: int = 0
    payload: bytes = b""

    def encode(self) -> bytes:
        return _HEADER.pack(self.type, self.stream, len(self.payload)) + self.payload


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame.

    Raises:
        ConnectionError: the peer hung up, or sent what is no frame.
    """
    try:
        kind, stream, length = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        if length > LARGEST_PAYLOAD:
            raise ConnectionError("the peer sent a frame that is too large")
        return Frame(FrameType(kind), stream, await reader.readexactly(length) if length else b"")
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the peer hung up") from error
    except ValueError as error:
        raise ConnectionError("the peer sent an unknown frame") from error
