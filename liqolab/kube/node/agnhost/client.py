"""Modes that do one thing and end, or wait: connect, print what the pod is told of its network, print a log."""

from __future__ import annotations

import asyncio
import random
import socket
import string

from liqolab.kube.node.agnhost.job import FatalError, Job

_ANSWER_BYTES = 1024


async def pause(job: Job) -> int:
    """Wait for the signal that ends it, which is an orderly end."""
    await job.say("Paused\n")
    job.container.ready.set()
    await asyncio.Event().wait()
    return 0


async def connect(job: Job) -> int:
    """Open a connection; what goes wrong is told by its first word."""
    host, separator, port = (job.words[0] if job.words else "").rpartition(":")
    if not separator or not port.isdigit():
        return await _told(job, f"UNKNOWN: address {host or port}: missing port in address")
    if job.options["protocol"] not in ("tcp", "udp"):
        return await _told(job, "OTHER: protocol not supported")
    seconds = job.options["timeout"] or None
    try:
        async with asyncio.timeout(seconds):
            connected = await job.container.network.dial(host.strip("[]"), int(port), job.options["protocol"].upper())
            with connected:
                if job.options["protocol"] == "udp":
                    await _exchange(connected, job.options["udp-data"])
    except TimeoutError:
        return await _told(job, "TIMEOUT")
    except socket.gaierror as error:
        return await _told(job, f"DNS: {error.strerror or error}")
    except ConnectionRefusedError:
        return await _told(job, "REFUSED")
    except OSError as error:
        return await _told(job, f"OTHER: {error.strerror or error}")
    return 0


async def _exchange(connected: socket.socket, text: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connected, f"{text}\n".encode())
    await loop.sock_recv(connected, _ANSWER_BYTES)


async def _told(job: Job, text: str) -> int:
    await job.call.stderr.write(f"{text}\n".encode())
    return 1


async def dns_suffix(job: Job) -> int:
    """Print the domains that names are looked up in."""
    await job.say(",".join(_settings(job, "search")) + "\n")
    return 0


async def dns_servers(job: Job) -> int:
    """Print the addresses of the name servers."""
    await job.say(",".join(_settings(job, "nameserver")) + "\n")
    return 0


def _settings(job: Job, key: str) -> list[str]:
    rows = [row.split() for row in job.read("/etc/resolv.conf").decode().splitlines()]
    return [word for row in rows if row[:1] == [key] for word in row[1:]]


async def hosts(job: Job) -> int:
    """Print ``/etc/hosts``."""
    await job.say(job.read("/etc/hosts").decode() + "\n")
    return 0


async def logs(job: Job) -> int:
    """Print lines as an API server's log has them, evenly over the time given."""
    total, seconds = job.options["log-lines-total"], job.options["run-duration"]
    if total <= 0:
        raise FatalError(f"Invalid total number of lines: {total}")
    if seconds <= 0:
        raise FatalError(f"Invalid duration: {seconds:g}s")
    job.container.ready.set()
    for number in range(total):
        await job.klog(_line(number), "logs_generator.go:76")
        await asyncio.sleep(seconds / total)
    return 0


def _line(number: int) -> str:
    method, namespace = random.choice(("GET", "POST", "PUT")), random.choice(("kube-system", "default", "ns"))  # noqa: S311 - filler
    name = "".join(random.choices(string.ascii_lowercase, k=random.randint(3, 4)))  # noqa: S311 - filler
    return f"{number} {method} /api/v1/namespaces/{namespace}/pods/{name} {random.randint(200, 599)}"  # noqa: S311 - filler
