"""What shell text says: held against bash, which is asked about the same text."""

from __future__ import annotations

import json
import subprocess

import pytest

from liqolab.shelltext.kubectl import flags, names, positions
from liqolab.shelltext.reader import read, split, unquoted
from liqolab.shelltext.words import Command, walk

FINISHED = [
    "",
    "a 'b c' \"d $E\" f\\ g",
    "A=1 B='2 3' cmd x | other --y=z; last",
    'echo "$(inner \'q r\' "s")" `old "one"` ${x:-y z} ${#x} "${x:-"in $(two)"}"',
    "cat <<EOF\nkubectl delete everything; echo 'it\nEOF\nlast",
    "cat <<-'E N' <<<text | grep x; b\n\t text\n\tE N\nnext",
    "run >out 2>&1 <in && { grouped; } || (sub shell) # comment",
    "if a; then b; elif c; then d; else e; fi >x | f &",
    "case $x in a | b) foo;; (c) bar\n;; *) ;; esac; z",
    "f() { a; }; function g { f; }; g",
    "[[ a =~ ^(b|c)$ && d < e ]] && ! x",
    "while read -r line; do\necho $line\ndone < <(producer) > >(consumer)",
    "until (( x > (1) )); do (( x++ )); done; for ((i = 0; i < 3; i++)); do a; done",
    "list=(1 2\n 'a)' $(three)) other && echo $((1 + (2))) $'it\\'s' $\"said\"",
    "for x in {a,b} c#d; do\n  a &&\n\n  b | # piped\n  c; done",
    "for x do echo $x; done",
    "echo a \\\n  b\\\nc \\\\",
]

OPEN = [
    "unfinished 'quote",
    'open "$(never',
    "echo ${x",
    "echo $((1 + (2)",
    "list=(1 2",
    "cat <<EOF",
    "cat <<EOF\nnot yet\nEOFF\n",
    "for x in a b",
    "for x in a b; do echo",
    "while true; do if a; then b; fi",
    "case x in a) b;;",
    "[[ a &&",
    "f() {",
    "f()",
    "(a; b",
    "{ a; b",
    "a &&",
    "a |\n",
    "if a; then b; else",
]

WRONG = ["a )", "done", "&& a", "a ;; b", "a & ; b", "{ a; ) }", "while a; done", "(a) b", "echo >", "; a", "a\n)\n'"]


def _bash_takes(text: str) -> bool:
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
    return done.returncode == 0 and "delimited by end-of-file" not in done.stderr


@pytest.mark.parametrize("text", FINISHED)
def test_what_bash_takes_is_taken(text: str) -> None:
    assert _bash_takes(text)
    reading = read(text)
    assert (reading.waits, reading.wrong) == (False, "")


@pytest.mark.parametrize("text", OPEN)
def test_a_text_that_is_not_finished_waits_for_more(text: str) -> None:
    assert not _bash_takes(text)
    reading = read(text)
    assert (reading.waits, reading.wrong) == (True, "")


@pytest.mark.parametrize("text", ["echo a \\", "echo a \\\n"])
def test_a_backslash_at_the_end_waits_too_although_a_script_may_end_so(text: str) -> None:
    assert _bash_takes(text) and read(text).waits


@pytest.mark.parametrize("text", WRONG)
def test_what_no_shell_takes_is_said_at_once_and_does_not_wait(text: str) -> None:
    assert not _bash_takes(text)
    reading = read(text)
    assert reading.wrong and not reading.waits


@pytest.mark.parametrize("text", [*FINISHED, *OPEN, *WRONG])
def test_words_stand_where_they_are_said_to_stand(text: str) -> None:
    for command in walk(read(text).script):
        for word in [*command.assignments, *command.words]:
            assert text[word.start : word.end] == word.raw != ""


@pytest.mark.parametrize("opening", ["$(", "(", "{ ", "${x:-", '"$(', "f() ", "while ", "`"])
def test_brackets_without_end_end_the_reading(opening: str) -> None:
    text = opening * 5000
    # Of the last kind every second one ends the one before it.
    assert bool(read(text).wrong or read(text).waits) == (opening != "`")
    assert "".join(split(f"{text}\nlast")).endswith("last")


def _commands(text: str) -> list[Command]:
    return list(walk(read(text).script))


def _one(text: str) -> Command:
    (command,) = _commands(text)
    return command


def test_words_are_those_that_bash_sees() -> None:
    said = 'a \'b c\' "d" f\\ g h\'i\'"j" \'\' k\\\nl "m\\"\\n"'
    expected = subprocess.run(["bash", "-c", f"printf '%s|' {said}"], capture_output=True, text=True, check=True).stdout
    assert "".join(f"{word.text}|" for word in _one(said).words) == expected
    outer, inner, last = _commands('X=1 echo "$(kubectl get --a=b)" | sort')
    assert (outer.program, inner.program, last.program) == ("echo", "kubectl", "sort")
    assert [word.raw for word in outer.assignments] == ["X=1"] and last.fed_by is outer
    assert [command.program for command in _commands(FINISHED[4])] == ["cat", "last"]
    assert [command.program for command in _commands(FINISHED[6])] == ["run", "", "grouped", "", "sub"]
    assert json.loads(unquoted("""'[{"a": "b"}]'""")) == [{"a": "b"}]
    assert _one("a '$X' $X/y").words[2].expanded({"X": "1"}) == "1/y"
    assert _one("a '$X' $X/y").words[1].expanded({"X": "1"}) == "$X"


def test_commands_are_lines_unless_they_say_that_they_go_on() -> None:
    text = "echo a\n\n# a remark\necho b \\\n  c\ncat <<END\nx\n# y\nEND\necho d &&\n  e\nf 'g\nh'\n"
    text += "for i in a; do\n  b\ndone"
    assert split(text) == [
        "echo a",
        "echo b \\\n  c",
        "cat <<END\nx\n# y\nEND",
        "echo d &&\n  e",
        "f 'g\nh'",
        "for i in a; do\n  b\ndone",
    ]
    assert split("a\ndone; (\nb\nc 'd") == ["a", "done; (", "b", "c 'd"]


def test_flags_have_the_values_that_kubectl_gives_them() -> None:
    command = _one("kubectl get -A pods -owide --selector=a=b -f - -n=demo '--context=c d' --watch web -- -x")
    assert [(flag.long, flag.raw) for flag in flags(command)] == [
        ("all-namespaces", ""),
        ("output", "wide"),
        ("selector", "a=b"),
        ("filename", "-"),
        ("namespace", "demo"),
        ("context", "c d"),
        ("watch", ""),
    ]
    assert [word.text for word in positions(command)] == ["get", "pods", "web", "-x"]
    assert [(kind, word.text) for kind, word in names(_one("kubectl delete ns a deploy/b"))] == [
        ("ns", "a"),
        ("deploy", "deploy/b"),
    ]
