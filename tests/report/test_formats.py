import os
from pathlib import Path

import pytest

from liqolab.report.formats import FORMATS, Format, ReportError, parse_requests, write_reports
from liqolab.report.record import RunRecord


def test_every_format_can_be_asked_for(tmp_path: Path, record: RunRecord) -> None:
    requests = parse_requests([f"{name}={tmp_path}/new/folder/{name}.out" for name in FORMATS])
    assert write_reports(record, requests) == []
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        f"{name}.out" for name in FORMATS
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["yaml=x"], r'no report format "yaml".*html, junit, cucumber-json, messages'),
        (["junit"], r'write junit=PATH, for example "junit=report.xml"'),
        (["html=."], r"\. is a folder"),
        (["html=same", "junit=./same"], r"two reports want to be written to"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_one_that_does(asked: list[str], answer: str) -> None:
    with pytest.raises(ReportError, match=answer):
        parse_requests(asked)


def test_a_report_that_cannot_be_written_takes_no_other_with_it(tmp_path: Path, record: RunRecord) -> None:
    (tmp_path / "file").write_text("in the way")
    requests = parse_requests([f"html={tmp_path}/file/page.html", f"junit={tmp_path}/junit.xml"])
    written = []
    [problem] = write_reports(record, requests, lambda request: written.append(request.path.name))
    assert "page.html cannot be written: " in problem
    assert written == ["junit.xml"]
    assert (tmp_path / "junit.xml").exists()


def test_a_defect_of_one_format_takes_no_other_with_it(
    tmp_path: Path, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "broken", Format("broken", "", "json:loads"))
    problems = write_reports(record, parse_requests([f"broken={tmp_path}/a", f"junit={tmp_path}/b"]))
    assert len(problems) == 1 and "a cannot be made: TypeError" in problems[0]
    assert (tmp_path / "b").exists() and not (tmp_path / "a").exists()


def test_who_reads_while_a_report_is_written_sees_the_old_one_whole(
    tmp_path: Path, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.xml"
    path.write_text("the old one")
    seen = []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append((os.fstat(handle).st_size, path.read_text())))
    FORMATS["junit"](record, path)
    [(size, content)] = seen
    assert (size > 1000, content) == (True, "the old one")
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "features"] == ["report.xml"]
