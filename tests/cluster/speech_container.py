"""The container of a speech server from the outside, where it can be hurt."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.framework import wait_until

FIRST = ["-m", "cosyvoice_server"]
SPEAKING = [*FIRST, "speak"]
"""How the commands of its two processes end."""

OUTPUTS = "/root/CosyVoice/outputs"
MODEL = "/opt/kokoro/model.onnx"
DAMAGED = f"{OUTPUTS}/damaged"
STEP = 16 * 1024 * 1024
_BIND = 4096
"""``MS_BIND`` of mount(2)."""

_EAT = """
import os, sys
group, victim, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for process, wanted in ((victim, "1000"), ("self", "300")):
    with open(f"/proc/{process}/oom_score_adj", "w") as score:
        score.write(wanted)
with open(group + "/cgroup.procs", "w") as members:
    members.write(str(os.getpid()))
eaten = []
while os.path.exists(f"/proc/{victim}/exe"):
    eaten.append(b"\\1" * step)
"""
"""Takes memory in the container's name until the kernel has ended the victim.

The scores name the victim first, then this process, whose memory the kernel may take as well, and the container's
first process last, as it is where the victim itself has grown.
"""

_MOUNT = """
import ctypes, os, sys
pid, source, target, kind, flags, options = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
def done(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
there = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
done(libc.setns(there, 0))
if kind == "umount":
    done(libc.umount2(target.encode(), 2))
else:
    done(libc.mount(source.encode(), target.encode(), kind.encode(), int(flags), options.encode()))
"""
"""Mounts in the container's own view of the file system, where no program for it is installed."""


class SpeechContainer:
    """The processes of one pod's speech container."""

    def __init__(self, pod_uid: str) -> None:
        self._pod = pod_uid

    def process(self, ending: list[str]) -> int | None:
        """The process whose command ends so, if it is there."""
        for folder in Path("/proc").glob("[0-9]*"):
            # A process may end between being listed and being read.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                words = (folder / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")
                if words[-len(ending) :] == ending and self._owns((folder / "cgroup").read_text()):
                    return int(folder.name)
        return None

    @property
    def speaking(self) -> int:
        """The process that speaks, which is waited for."""
        return wait_until(lambda: self.process(SPEAKING), deadline=120, what="a process speaks")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that speaks."""
        os.kill(self.speaking, number)

    def exhaust_memory(self) -> None:
        """Let the kernel run out of the container's memory; it ends the process that speaks, the largest."""
        victim = self.speaking
        command = [sys.executable, "-c", _EAT, str(self._memory_group(victim)), str(victim), str(STEP)]
        _run(command, ended=(0, -signal.SIGKILL))

    @contextmanager
    def full_volume(self) -> Iterator[None]:
        """The volume of the recordings without a free byte."""
        pid = self.speaking
        self._mount(pid, "tmpfs", OUTPUTS, "tmpfs", "size=16k,uid=10001,gid=10001")
        try:
            filler = Path(f"/proc/{pid}/root{OUTPUTS}/filler")
            with contextlib.suppress(OSError):
                filler.write_bytes(bytes(64 * 1024))
            yield
        finally:
            self._mount(self.process(FIRST) or pid, "", OUTPUTS, "umount", "")

    @contextmanager
    def damaged_model(self) -> Iterator[None]:
        """Put a file that is no model where the model is."""
        pid = self.speaking
        damaged = Path(f"/proc/{pid}/root{DAMAGED}")
        damaged.write_bytes(b"no model")
        self._mount(pid, DAMAGED, MODEL, "bind", "", flags=_BIND)
        try:
            yield
        finally:
            first = self.process(FIRST)
            assert first, "the container has not ended"
            self._mount(first, "", MODEL, "umount", "")
            Path(f"/proc/{first}/root{DAMAGED}").unlink()

    def refuses_to_load(self) -> None:
        """Wait until a process that was to speak has ended."""
        self.wait_for_another(self.speaking, seconds=60)

    def wait_for_another(self, process: int, seconds: float) -> None:
        """Wait until another process than this one speaks, or is about to."""
        wait_until(
            lambda: self.process(SPEAKING) not in {process, None},
            deadline=seconds,
            what="another process is started to speak",
        )

    @property
    def memory(self) -> int:
        """Bytes of its own that the container's processes hold."""
        group = self._memory_group(self.speaking)
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int(stat.get("total_rss") or stat["anon"])

    def _owns(self, groups: str) -> bool:
        return self._pod in groups or self._pod.replace("-", "_") in groups

    def _memory_group(self, pid: int) -> Path:
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "memory":
                return Path("/sys/fs/cgroup/memory") / path.lstrip("/")
        return Path("/sys/fs/cgroup") / path.lstrip("/")

    @staticmethod
    def _mount(pid: int, source: str, target: str, kind: str, options: str, *, flags: int = 0) -> None:
        command = [sys.executable, "-c", _MOUNT, str(pid), source, target, kind, str(flags), options]
        _run(command)


def _run(command: list[str], ended: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in ended, f"the fault can be made: {done.stderr}"
