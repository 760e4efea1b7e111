"""A campus that has left is erased beside a server that goes on speaking."""

import subprocess
import sys
from pathlib import Path

import pytest
from speech_process import CLONING, SpeechServer
from teachers import CONSENT, enrolled, listed, permitted, withdrawn

from cosyvoice_server.config import Settings
from cosyvoice_server.forgetting import main

EAST = CLONING | {"X-Campus-Id": "east"}
TEACHER = CONSENT["name"]


def forget(server: SpeechServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as in the server's container."""
    own = Path(f"/proc/{server.process.pid}/environ").read_text().rstrip("\0").split("\0")
    command = [sys.executable, "-m", "cosyvoice_server", "forget", *arguments]
    return subprocess.run(command, env=dict(line.split("=", 1) for line in own), capture_output=True, text=True, check=False)


def content(server: SpeechServer, campus: str) -> set[Path]:
    """Whatever is written down about a campus on the two volumes."""
    folders = (server.folder / "outputs" / campus, server.folder / "voices" / campus)
    return {file for folder in folders for file in folder.rglob("*") if file.is_file() and file.stat().st_size}


def test_a_campus_that_left_is_erased_and_its_neighbour_keeps_everything(held_server: SpeechServer, permission: Path) -> None:
    server = held_server
    withdrawn(server, TEACHER)
    permission.touch()
    for headers in (CLONING, EAST):
        answer = enrolled(server, permitted(server, headers["X-Campus-Id"]))
        assert answer.status_code == 201, f"the voice is enrolled, but the server said {answer.text}"
        assert server.hear("你好。", headers, sft_dropdown=TEACHER)[-1][0] == "complete", "and speaks"
    assert server.hear("你好。", EAST)[-1][0] == "complete", "a preset voice speaks as well"
    (server.folder / "outputs" / "east" / "lesson.wav").write_bytes(b"kept by hand")
    (server.folder / "voices" / "east" / "notes.txt").write_bytes(b"kept by hand")
    neighbours = content(server, "north")
    permission.unlink()
    reply = server.events(server.ask("first this, then more.", EAST, sft_dropdown=TEACHER).json()["event_id"], EAST)
    assert next(reply)[0] == "generating", "somebody still listens"

    done = forget(server, "east")

    assert (done.returncode, done.stderr) == (0, ""), "the command succeeds beside the running server"
    assert done.stdout == "4 recordings and 1 voice of east are erased\n", "whole, half-written and what was put there by hand"
    permission.touch()
    assert "This voice has been withdrawn" in str(list(reply)[-1]), "the server does not speak on with the voice"
    assert listed(server, EAST) == ["中文女"], "nor list it"
    assert content(server, "east") == set(), "nothing about the campus is left on the volumes"
    assert (server.folder / "outputs" / "east" / ".forgotten").exists(), "but for what tells the sweep that the campus is gone"
    assert content(server, "north") == neighbours, "and the neighbour's is untouched"
    assert listed(server, CLONING) == ["中文女", TEACHER], "with its voice in the list"
    again = forget(server, "east")
    assert (again.returncode, again.stdout) == (0, "nothing of east is kept\n"), "once more changes nothing"


def test_what_is_no_campus_is_not_forgotten(held_server: SpeechServer) -> None:
    for arguments in ([], ["../north"], [""], ["."], ["north", "south"]):
        done = forget(held_server, *arguments)
        assert done.returncode == 2, f"{arguments} erases nothing"
        assert done.stderr.startswith("forget takes one campus's id (lower-case letters, digits, inner hyphens), and got "), done.stderr
    never = forget(held_server, "nowhere")
    assert (never.returncode, never.stdout) == (0, "nothing of nowhere is kept\n"), "a campus that never spoke has nothing"
    assert not list(held_server.folder.glob("*/nowhere")), "and gets no folder"


def test_a_volume_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    voice = tmp_path / "north" / "v0123456789abcdef"
    voice.mkdir(parents=True)
    voice.with_suffix(".withdrawn").symlink_to("/dev/full")  # nothing is ever on this volume, and its error names no file

    assert main(["north"], Settings(voices_dir=tmp_path, outputs_dir=tmp_path / "outputs")) == 1, "what is left is not said to be erased"

    assert capsys.readouterr().err.startswith(f"{tmp_path}: Invalid argument: what was erased is gone, run it again"), "and where it is"
    assert voice.is_dir(), "a voice is there as long as its mark is not"
