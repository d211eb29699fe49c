"""The terminal's input, whatever bytes come: a mouse in the old protocol, another encoding, a picture that was pasted.

Textual decodes strictly, and its thread of input ends with the first byte that is not UTF-8. Here such bytes become
replacement characters, as terminals show them, and a sequence that its parser cannot take is passed over.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

_CHUNK: Final = 4096
_TICK_SECONDS: Final = 0.1
"""As long as Textual waits before it takes a lone escape character for the key."""


class LenientDriver(LinuxDriver):
    """Textual's driver for terminals, with an input that does not fail."""

    def run_input_thread(self) -> None:
        """Read until the application ends, and hand on what is understood."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = XTermParser(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK_SECONDS):
                    content = os.read(self.fileno, _CHUNK)
                    if not content:
                        # Nobody will type any more, and the end of the file is always there to be read.
                        self.exit_event.wait(_TICK_SECONDS)
                    for character in decode(content):
                        if not self._handed_on(parser.feed(character)):
                            parser = XTermParser(self._debug)
                if not self._handed_on(parser.tick()):
                    parser = XTermParser(self._debug)

    def _handed_on(self, messages: Iterable[Message]) -> bool:
        """Whether the parser took its last piece; what it made of it is the application's now."""
        try:
            for message in messages:
                self.process_message(message)
        except Exception as error:
            # Whatever its sequences' numbers led it to: the sequence was not one.
            self._app.log.warning("input that cannot be parsed", error)
            return False
        return True
