"""What a container finds about its machine in ``/proc``: every simulated machine is the same."""

from __future__ import annotations

from collections.abc import Mapping

MEMORY_KIB = 16 * 2**20

PROC_FILES: Mapping[str, str] = {
    "/proc/cpuinfo": "".join(f"processor\t: {i}\nmodel name\t: simulated by liqolab\n\n" for i in range(8)),
    "/proc/meminfo": f"MemTotal:       {MEMORY_KIB} kB\nMemFree:        {MEMORY_KIB // 2} kB\n"
    f"MemAvailable:   {MEMORY_KIB // 4 * 3} kB\n",
    "/proc/loadavg": "0.10 0.08 0.05 1/100 1\n",
    "/proc/uptime": "3600.00 28000.00\n",
    "/proc/version": "Linux version 6.1.0 (simulated by liqolab)\n",
    "/proc/mounts": "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n",
    "/proc/filesystems": "nodev\tproc\nnodev\ttmpfs\n\text4\n",
    "/proc/self/status": "Name:\tsh\nState:\tR (running)\nPid:\t1\nPPid:\t0\n",
    "/proc/1/status": "Name:\tsh\nState:\tS (sleeping)\nPid:\t1\nPPid:\t0\n",
    "/proc/1/cmdline": "sh\0",
    "/proc/1/comm": "sh\n",
    "/proc/1/cgroup": "0::/\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
}
"""What a container finds about its machine."""
