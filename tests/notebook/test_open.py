"""``liqolab notebook open`` up to the first answer of JupyterLab, and its end."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.laboratory import Laboratory


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return str(answer.read().decode())


def test_the_lesson_is_served_to_this_machine_until_ctrl_c(laboratory: Laboratory, elsewhere: Path) -> None:
    running = laboratory.start("notebook", "open", "--no-browser", "--language", "it", cwd=elsewhere)
    assert running.process.stdout is not None
    said = ""
    while "token=" not in said:
        said = running.process.stdout.readline()
        assert running.process.poll() is None
    address = re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/offloading-with-policies\.ipynb\?token=(.+)", said)
    assert address is not None
    base, token = address.groups()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(f"{base}/api/contents/offloading-with-policies.ipynb")
    found = json.loads(get(f"{base}/api/contents/offloading-with-policies.ipynb?token={token}"))
    assert found["content"]["metadata"]["liqolab"] == {
        "language": "it",
        "lesson": "offloading-with-policies",
        "side": "learner",
    }
    specs = json.loads(get(f"{base}/api/kernelspecs?token={token}"))["kernelspecs"]
    assert specs["liqolab"]["spec"]["display_name"] == "Liqo lab"
    assert {host for host, _ in laboratory.listening()} == {"127.0.0.1"}
    code, rest = running.interrupt()
    assert code == 0
    assert "Riprendi con: " in rest
    assert laboratory.processes() == {}
    assert laboratory.liqolab("status") != ""


def test_a_notebook_that_is_there_stays_as_it_was_left(
    laboratory: Laboratory, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from liqolab.learn.opening import Arguments
    from liqolab.notebook import opening

    monkeypatch.setenv("LIQOLAB_HOME", str(laboratory.home))
    Path("offloading-with-policies.ipynb").write_text("mine")
    opened: list[Path] = []

    class Ends:
        address = "http://127.0.0.1:1/"

        def __init__(self, file: Path) -> None:
            opened.append(file)

        def __enter__(self) -> Ends:
            return self

        def __exit__(self, *_: object) -> None: ...

        def wait(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(opening, "serving", lambda file, environment, port: Ends(file))
    assert opening.serve(Arguments("offloading-with-policies"), "learner", None, port=0, browser=False) == 0
    assert opened == [elsewhere / "offloading-with-policies.ipynb"]
    assert opened[0].read_text() == "mine"
