"""`sandbox/bootstrap` finds a uv that is new enough, or says what it lacks."""

import os
import subprocess
from pathlib import Path

from campus_sandbox.paths import REPOSITORY
from campus_sandbox.versions import Versions

PINNED = Versions.read(REPOSITORY).of("uv")


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def bootstrap(tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.defpath}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    return subprocess.run(
        [REPOSITORY / "sandbox" / "bootstrap"], env=environment, capture_output=True, text=True, check=False
    )


def test_a_machine_s_own_uv_is_used_when_it_is_new_enough(tmp_path: Path) -> None:
    uv = program(tmp_path / "bin", "uv", f"echo 'uv {PINNED} (x)'")
    assert bootstrap(tmp_path).stdout == f"{uv}\n"


def test_an_old_uv_is_passed_over_for_the_one_in_the_cache(tmp_path: Path) -> None:
    program(tmp_path / "bin", "uv", "echo 'uv 0.1.0'")
    cached = program(tmp_path / "cache/campus-voice/uv" / PINNED / "bin", "uv", f"echo 'uv {PINNED}'")
    assert bootstrap(tmp_path).stdout == f"{cached}\n"


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    program(tmp_path / "bin", "python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit 0; exit 1')
    done = bootstrap(tmp_path)
    assert done.returncode == 1
    assert done.stdout == "", "the Makefile would take anything printed for a path"
    assert "Python 3.9.2 is too old: install Python 3.11 or newer." in done.stderr
