"""The table of agnhost's modes, and how a command line comes to one of them."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from functools import cache

from liqolab.commandline.commands import Command, Flag, UsageError, boolean, duration, integer, text
from liqolab.commandline.help import help_text
from liqolab.commandline.parsing import Parsed, parse
from liqolab.kube.node.agnhost.job import FatalError, Job
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

Mode = Callable[[Job], Awaitable[int]]

_HERE = "liqolab.kube.node.agnhost"


def _text(name: str, default: str = "") -> Flag:
    return Flag(name, "", default=default)


def _number(name: str, default: int, short: str = "") -> Flag:
    return Flag(name, "", integer, "int", default, short)


def _switch(name: str, *, default: bool = False) -> Flag:
    return Flag(name, "", boolean, "", default)


_CERTIFICATE = (_text("tls-cert-file"), _text("tls-private-key-file"))
_FILES = (
    "fs_type", "file_mode", "file_perm", "file_owner", "new_file_0644", "new_file_0666", "new_file_0660",
    "new_file_0777", "file_content", "file_content_in_loop",
)  # fmt: skip


def _mode(name: str, run: str, *flags: Flag, words: bool = False, short: str = "") -> Command:
    return Command(name, short, f"{_HERE}.{run}", flags=flags, any_arguments=words)


@cache
def _tree() -> Command:
    modes = (
        _mode("connect", "client:connect", Flag("timeout", "", duration, "duration", 0.0), _text("protocol", "tcp"),
              _text("udp-data", "hostname"), words=True, short="Attempts a connection and returns useful errors"),
        _mode("crd-conversion-webhook", "conversion:serve", *_CERTIFICATE, _number("port", 443),
              short="Converts custom resources"),
        _mode("dns-suffix", "client:dns_suffix", short="Prints the host's DNS suffix list"),
        _mode("dns-server-list", "client:dns_servers", short="Prints the host's DNS servers"),
        _mode("etc-hosts", "client:hosts", short="Prints the host's /etc/hosts file"),
        _mode("grpc-health-checking", "health:grpc", _number("delay-unhealthy-sec", -1), _number("port", 5000),
              _number("http-port", 8080), _text("service"), *_CERTIFICATE, short="Accepts health checks"),
        _mode("guestbook", "guestbook:serve", _number("http-port", 80), _number("backend-port", 6379),
              _text("replicaof"), short="Serves a guestbook"),
        _mode("liveness", "health:liveness", short="Serves for 10 seconds, then reports that it is unhealthy"),
        _mode("logs-generator", "client:logs", _number("log-lines-total", 0, "t"),
              Flag("run-duration", "", duration, "duration", 0.0, "d"), short="Prints lines of a log"),
        _mode("mounttest", "mounttest:run", *map(_text, _FILES), _number("retry_time", 180),
              _switch("break_on_expected_content", default=True), short="Makes and reads files"),
        _mode("netexec", "netexec:serve", _number("http-port", 8080), *_CERTIFICATE, _number("udp-port", 8081),
              _number("sctp-port", -1), _text("http-override"), _text("udp-listen-addresses"),
              _number("delay-shutdown", 0), short="Serves HTTP(S) and datagrams"),
        _mode("nettest", "nettest:serve", _number("port", 8080), _number("peers", 8), _text("service", "nettest"),
              _text("namespace"), _number("delay-shutdown", 0), short="Hears from others"),
        _mode("pause", "client:pause", short="Waits"),
        _mode("port-forward-tester", "chunks:serve", short="Serves one connection, piece by piece"),
        _mode("porter", "hostnames:porter", _switch("json-response"), short="Serves what variables SERVE_PORT_… say"),
        _mode("serve-hostname", "hostnames:serve", _switch("tcp"), _switch("udp"), _switch("http", default=True),
              _switch("close"), _number("port", 9376), short="Serves the pod's name"),
        _mode("test-service-account-issuer-discovery", "issuer:verify", _text("token-path"), _text("audience"),
              short="Verifies a service account's token"),
        _mode("test-webserver", "health:files", _number("port", 80), short="Serves the container's files"),
        _mode("webhook", "webhook:serve", *_CERTIFICATE, _number("port", 443), _text("sidecar-image"),
              short="Serves admission webhooks"),
    )  # fmt: skip
    inherited = (Flag("v", "number for the log level verbosity", text, "Level", "0", "v"), _switch("logtostderr"))
    return Command("app", "", long="Tests of Kubernetes in one program.", commands=modes, inherited=inherited)


async def agnhost(machine: Machine, call: Invocation) -> int:
    """Carry out a command line of agnhost's; the exit code."""
    words = list(call.argv)
    if words[:1] == ["entrypoint-tester"]:
        # It prints whatever it is called with, flags and all.
        await call.stdout.write(f"[{' '.join([call.name, *words])}]\n".encode())
        return 0
    try:
        parsed = parse(_tree(), words)
    except UsageError as error:
        await call.stderr.write(f"Error: {error}\n".encode())
        return 1
    if parsed.options["help"] or len(parsed.path) == 1:
        await call.stdout.write(help_text(parsed.path, "app").encode())
        return 0
    job = Job(machine, call, parsed.options, parsed.words)
    try:
        return await _found(parsed)(job)
    except FatalError as error:
        await job.log(str(error))
        return 1


def _found(parsed: Parsed) -> Mode:
    module, _, function = parsed.path[-1].run.partition(":")
    mode: Mode = getattr(importlib.import_module(module), function)
    return mode
