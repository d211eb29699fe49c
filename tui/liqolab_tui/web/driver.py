"""Textual's driver for the web, which ends the application when its server is gone."""

from __future__ import annotations

import os
from functools import partial

from textual import messages
from textual.drivers.web_driver import WebDriver


class ServedDriver(WebDriver):
    """As its base, but nobody is left behind: the end of the input is the end of the application."""

    def run_input_thread(self) -> None:
        """Hand on what the server sends, until there is no more."""
        # What the application still paints has nowhere to go when the server was killed.
        self._write = partial(_write_while_heard, self.fileno)
        super().run_input_thread()
        self._app.post_message(messages.ExitApp())


def _write_while_heard(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BrokenPipeError:
        return len(data)
