"""What is wrong with a command of a class is said in words, with what to do next."""

from __future__ import annotations

import json

import pytest

from tests.classroom.conftest import School


@pytest.mark.parametrize("document", [[], {}, {"manifest": 3}, {"manifest": {"class": []}}])
def test_a_bundle_of_nobodys_needs_a_fingerprint(school: School, document: object) -> None:
    file = school.root / "bundle.json"
    file.write_text(json.dumps(document))
    said = school.run("grade", str(file))
    assert (said.returncode, said.stdout) == (2, "")
    assert "give --fingerprint, the end of the class's code" in said.stderr
    said = school.run("grade", str(file), "--fingerprint", "00")
    assert (said.returncode, said.stdout) == (
        1,
        "Forged: this is not a bundle of a class, or parts of it are missing\n",
    )


def test_what_cannot_be_done_is_said(school: School) -> None:
    assert "open it with: liqolab class open nope" in school.run("desk", "nope", "--plain").stderr
    assert "use small letters, digits and dashes" in school.run("open", "../x").stderr
    assert "cannot be read: No such file" in school.run("grade", "nowhere.json").stderr
    said = school.run("open", "c", "--listen", "203.0.113.7")
    assert said.returncode == 1
    assert "choose others: --listen ADDRESS --port N" in said.stderr


def test_a_class_keeps_to_the_text_of_its_lesson(school: School) -> None:
    school.open()
    school.close()
    said = school.run("open", "networks-101", "--lesson", "your-first-peering")
    assert said.returncode == 1
    assert "give the new class another name" in said.stderr
