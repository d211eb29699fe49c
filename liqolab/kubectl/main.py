"""The command line, and how it fails: kubectl's texts on standard error, exit code 1."""

from __future__ import annotations

import sys

import click

from liqolab.apimachinery.errors import ApiError
from liqolab.controller.kubeconfig import KubeconfigError
from liqolab.controller.short_lived import UnreachableError
from liqolab.kubectl import read, waiting, write
from liqolab.kubectl.discovery import UnknownResourceError
from liqolab.kubectl.output import OutputFormatError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def kubectl() -> None:
    """Control a Kubernetes cluster, with the commands that the lessons use.

    This is liqolab's own small kubectl; install the real one for everything else.

    \b
    Examples:
      kubectl get pods -n liqo-demo -o wide
      kubectl apply -f manifests/deploy.yaml -n liqo-demo
    """


for _command in (
    *(read.get, read.describe, read.logs, read.version, read.api_resources),
    *(write.create, write.apply, write.delete, write.patch, write.scale, write.label, write.annotate),
    *(write.cordon, write.uncordon, waiting.wait, waiting.rollout),
):
    kubectl.add_command(_command)


def main() -> None:
    """Run the command line; no traceback reaches a person."""
    sys.exit(_run())


def _run() -> int:
    try:
        # A command that leaves with an exit code of its own makes it click's answer; others answer nothing.
        code = kubectl(_global_options_last(sys.argv[1:]), standalone_mode=False, prog_name="kubectl")
    except click.ClickException as error:
        message = error.format_message()
        return _fail(message if message.startswith("error:") else f"error: {message}")
    except (click.Abort, KeyboardInterrupt):
        return 130
    except ApiError as error:
        reason = f" ({error.reason})" if error.reason else ""
        return _fail(f"Error from server{reason}: {error.message}")
    except (KubeconfigError, UnknownResourceError, OutputFormatError) as error:
        return _fail(f"error: {error}")
    except UnreachableError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"Unable to connect to the server: {error}")
    except Exception as error:
        # Whatever it was: people get a line.
        return _fail(f"error: {error or type(error).__name__} ({type(error).__name__}; this was not foreseen)")
    return code if isinstance(code, int) else 0


def _global_options_last(arguments: list[str]) -> list[str]:
    """Options may stand before the command, as in ``kubectl -n liqo-demo get pods``; click wants them behind it."""
    leading: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in ("-h", "--help"):
        option = rest.pop(0)
        leading.append(option)
        if "=" not in option and rest:
            leading.append(rest.pop(0))
    return rest + leading


def _fail(text: str) -> int:
    click.echo(text, err=True)
    return 1
