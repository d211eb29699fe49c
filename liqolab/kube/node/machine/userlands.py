"""What images bring along: the commands that one finds in them, a few files, and how their shell speaks.

Of the images that tutorials run commands in, the lab knows what is there: in these a command that the image does not
have is not found, as in the real one (no curl in debian, no bash in alpine). Of other images nobody here knows what
they contain, so whatever the sandbox can do is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from liqolab.kube.node.machine.interpreter import own_commands, shell_words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COREUTILS = _words(
    """
    arch b2sum base32 base64 basename basenc cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df
    dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link
    ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr
    printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum
    sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true
    truncate tsort tty uname unexpand uniq unlink uptime users vdir wc who whoami yes [
    """
)
_DEBIAN = _COREUTILS | _words(
    """
    apt apt-get awk bash cmp diff diff3 dpkg egrep fgrep find flock free getconf getent grep gunzip gzip
    hostname iconv kill locale mawk more mount perl pgrep pkill ps rgrep sed sh su tar tput tzselect umount
    which xargs zcat
    """
)
_BUSYBOX = (
    _COREUTILS
    - _words(
        """
    b2sum basenc chroot csplit dir dircolors join numfmt pathchk pinky pr ptx runcon stdbuf vdir
    """
    )
) | _words(
    """
    arp arping ascii ash awk bc bunzip2 busybox bzcat bzip2 cal clear cmp column crc32 crond crontab dc diff
    dmesg dnsdomainname ed egrep fdisk fgrep find flock free ftpget ftpput fuser getopt grep gunzip gzip halt hd
    hexdump hostname httpd ifconfig ip ipcalc kill killall less logger login lsof man mesg mkpasswd more mount
    nc netstat nslookup passwd patch pgrep pidof ping ping6 pkill poweroff ps pstree reboot rev route script sed
    sh ss su sysctl tar telnet telnetd tftp time top traceroute tree udhcpc umount unlzma unxz unzip usleep uudecode
    uuencode vi watch wget which xargs xxd xz xzcat zcat
    """
)
_ALPINE = _BUSYBOX | frozenset(("apk", "getconf", "getent", "iconv")) - {"httpd", "telnet", "telnetd"}

_DASH = {"sh": "{script}: {line}: {command}: not found"}
_ASH = {"sh": "{script}: {command}: not found", "ash": "{script}: {command}: not found"}
_ASH_NOT_OPENED = "{script}: can't create {file}: {why}"
_DASH_NOT_OPENED = "{script}: {line}: cannot create {file}: {why}"
_BASH_NOT_OPENED = "{script}: line {line}: {file}: {why}"
_BASH = "{script}: line {line}: {command}: command not found"


@dataclass(frozen=True, slots=True, eq=False)
class Userland:
    """What one family of images contains.

    Attributes:
        name: of the family.
        release: ``/etc/os-release``; empty where there is none.
        commands: the names of its programs; empty for images that nobody here knows.
        shells: those that do not speak as bash does → how each says that a command is not found.
        not_opened: how these shells say that a file cannot be written to.
        prelude: what its shell is given first, so that commands end as that image's do.
    """

    name: str
    release: str = ""
    commands: frozenset[str] = frozenset()
    shells: Mapping[str, str] = field(default_factory=dict)
    prelude: str = ""
    not_opened: str = ""

    @property
    def known(self) -> bool:
        """Whether what is not among the commands is not there."""
        return bool(self.commands)

    def has(self, command: str) -> bool:
        return not self.commands or command in self.commands

    def not_found(self, shell: str, script: str, line: str, command: str) -> str:
        """How a shell says that there is no such command; `script` is what it is called, or what it carries out."""
        return self.shells.get(shell, _BASH).format(script=script, line=line, command=command)

    def not_made(self, shell: str, script: str, line: str, file: str, why: str) -> str:
        """How a shell says that it cannot write to a file."""
        template = self.not_opened if shell in self.shells else _BASH_NOT_OPENED
        return template.format(script=script, line=line, file=file, why=why)


# busybox ends a command that takes too long with SIGTERM and reports that; its ls knows one failure only.
_BUSYBOX_CODES = (
    'timeout() { command timeout "$@"; set -- $?; [ $1 = 124 ] && return 143; return $1; }; '
    'ls() { command ls "$@" || return 1; }; cd() { builtin cd "$@" || return 2; }; '
    'diff() { command diff -u "$@"; }; zcat() { gunzip -c "$@"; }'
)

UNKNOWN = Userland("unknown")
BUSYBOX = Userland("busybox", "", _BUSYBOX, _ASH, _BUSYBOX_CODES, _ASH_NOT_OPENED)
ALPINE = Userland(
    "alpine",
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME="Alpine Linux v3.22"\n'
    'HOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
    _ALPINE,
    _ASH,
    _BUSYBOX_CODES,
    _ASH_NOT_OPENED,
)
CURL = Userland("curl", ALPINE.release, _ALPINE | {"curl"}, _ASH, _BUSYBOX_CODES, _ASH_NOT_OPENED)
DEBIAN = Userland(
    "debian",
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\n'
    'VERSION_CODENAME=trixie\nID=debian\nHOME_URL="https://www.debian.org/"\n',
    _DEBIAN,
    _DASH,
    not_opened=_DASH_NOT_OPENED,
)
UBUNTU = Userland(
    "ubuntu",
    'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.3 LTS (Noble Numbat)"\n'
    'VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\n',
    _DEBIAN,
    _DASH,
    not_opened=_DASH_NOT_OPENED,
)

NGINX = Userland(
    "nginx", DEBIAN.release, _DEBIAN | {"curl", "envsubst", "nginx", "openssl"}, _DASH, not_opened=_DASH_NOT_OPENED
)
HTTPD = replace(DEBIAN, name="httpd", commands=_DEBIAN | {"httpd", "httpd-foreground"})
AGNHOST = replace(ALPINE, name="agnhost", commands=_ALPINE | {"bash", "curl", "dig", "host", "iperf", "agnhost"})
REDIS = Userland("redis", DEBIAN.release, _DEBIAN | {"redis-server", "redis-cli", "redis-benchmark"}, _DASH)
PERL = Userland("perl", DEBIAN.release, _DEBIAN | {"perl", "cpan"}, _DASH)
PYTHON = Userland("python", DEBIAN.release, _DEBIAN | {"python", "python3", "pip"}, _DASH)
POSTGRES = Userland(
    "postgres", DEBIAN.release, _DEBIAN | {"postgres", "psql", "pg_isready", "pg_dump", "createdb"}, _DASH
)
SHELL = Userland("bash", ALPINE.release, _ALPINE | {"bash"}, _ASH, _BUSYBOX_CODES, _ASH_NOT_OPENED)

USERLANDS = {
    family.name: family
    for family in (BUSYBOX, ALPINE, CURL, DEBIAN, UBUNTU, NGINX, HTTPD, SHELL, AGNHOST, REDIS, PERL, PYTHON, POSTGRES)
}
"""By name; images whose simulation names none of them are `UNKNOWN`."""


@cache
def missing(userland: Userland) -> frozenset[str]:
    """The programs of the sandbox that an image of this family does not have."""
    return own_commands() - shell_words() - userland.commands if userland.known else frozenset()
