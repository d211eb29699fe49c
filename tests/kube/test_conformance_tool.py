"""What the tool makes of the conformance suite's reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import conformance

REPORT = """<testsuites><testsuite>
<testcase name="[It] [sig-apps] Job should run [Conformance]" status="passed"/>
<testcase name="[It] [sig-apps] Job should fail [Conformance]" status="failed"><failure>no pods
left</failure></testcase>
<testcase name="[It] [sig-node] Pods should wait [Conformance]" status="skipped"><skipped/></testcase>
<testcase name="[It] [sig-node] Pods should be odd" status="passed"/>
</testsuite></testsuites>"""
RUN, FAIL = "[sig-apps] Job should run [Conformance]", "[sig-apps] Job should fail [Conformance]"


def test_what_ran_is_read_from_the_reports(tmp_path: Path) -> None:
    (tmp_path / "junit_01.xml").write_text(REPORT)
    found = conformance.outcomes(tmp_path)
    assert [(row.name, row.status, row.text) for row in found] == [
        (RUN, "passed", ""),
        (FAIL, "failed", "no pods\nleft"),
        ("[sig-node] Pods should be odd", "passed", ""),
    ]


def test_only_what_is_unexpected_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "junit_01.xml").write_text(REPORT)
    found = conformance.outcomes(tmp_path)
    assert conformance.report(found, [RUN], {FAIL: "it cannot"}) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["sig-apps", "1", "0", "1"]
    assert conformance.report(found, [RUN, FAIL], {}) == 1
    assert f"FAILED {FAIL}\n  no pods" in capsys.readouterr().out
    assert conformance.report(found, [FAIL], {RUN: "it cannot"}) == 1
    assert f"HOLDS AFTER ALL, and has to leave conformance.yaml: {RUN}" in capsys.readouterr().out


def test_each_exception_has_a_reason() -> None:
    found = conformance.exceptions()
    assert found and all(conformance.MARK in name and reason for name, reason in found.items())


def test_beyond_is_what_any_cluster_may_be_asked() -> None:
    plain, local = (
        "[sig-apps] Job should be odd",
        "[sig-storage] PersistentVolumes-local [Volume type: dir] should read",
    )
    marks = ("Conformance", "Serial", "Slow", "Feature:SCTP", "FeatureGate:DynamicResourceAllocation", "Driver: nfs")
    names = [plain, local, *(f"{plain} [{mark}]" for mark in marks)]
    assert conformance.chosen(names, beyond=True) == [plain, local]
    assert conformance.chosen(names, beyond=False) == [f"{plain} [Conformance]"]
    assert "nsenter" in conformance.left_out([plain, local]).pop(local)
    assert conformance.left_out([plain]) == {}
