"""Fetching the model onto a volume, and never starting on anything less than all of it."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_hub import REPOSITORY, REVISION, SIGNATURE, HubState, serving, sha256
from speech_process import free_port, wait_until

from cosyvoice_server.model.__main__ import main
from cosyvoice_server.model.errors import ModelError
from cosyvoice_server.model.fetch import Wish, fetch
from cosyvoice_server.model.marker import check, verify
from cosyvoice_server.model.selection import Selection
from cosyvoice_server.model.sources import Folder, Hub, Source
from cosyvoice_server.model.web import Web

HIDDEN = "hf_a-token-that-nobody-may-see"
LLM = bytes(range(256)) * 4096
FILES = {
    "llm.pt": LLM,
    "cosyvoice3.yaml": b"sample_rate: 24000\n",
    "CosyVoice-BlankEN/config.json": b"{}\n",
    "llm.rl.pt": b"another",
    "speech_tokenizer_v3.batch.onnx": b"for batches",
    "flow.decoder.estimator.fp32.onnx": b"for TensorRT",
    "README.md": b"# CosyVoice\n",
}
STORED = ("llm.pt", "llm.rl.pt", "speech_tokenizer_v3.batch.onnx", "flow.decoder.estimator.fp32.onnx")
READ = {"llm.pt", "cosyvoice3.yaml", "CosyVoice-BlankEN/config.json"}
COMMAND = [sys.executable, "-m", "cosyvoice_server", "model"]


@pytest.fixture
def hub() -> HubState:
    return HubState(dict(FILES), STORED)


@pytest.fixture
def address(hub: HubState) -> Iterator[str]:
    with serving(hub) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "new"


def from_hub(address: str, folder: Path, *more: str) -> list[str]:
    pinned = ["--repository", REPOSITORY, "--revision", REVISION, "--endpoint", address, "--folder", str(folder)]
    return ["fetch", "--source", "hub", *pinned, *more]


def brought(
    source: Source,
    folder: Path,
    bound: dict[str, str] | None = None,
    *,
    remove_older: bool = False,
    stall_seconds: float = 60,
) -> str:
    """Fetch in this process, and return what it told."""
    told: list[str] = []
    with Web(None, stall_seconds) as web:
        fetch(Wish(source, folder, Selection(), bound or {}, remove_older), web, told.append)
    return "\n".join(told)


def run(arguments: list[str], *before: str) -> subprocess.CompletedProcess[str]:
    """Run the command as the image does, with what comes ``before`` it."""
    return subprocess.run([*before, *COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=120)


def run_here(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which spares it the imports."""
    handler, out, err = signal.getsignal(signal.SIGTERM), io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    finally:
        signal.signal(signal.SIGTERM, handler)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def refusal_of(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, f"what goes wrong is exit code 1, but it said {done.stdout}{done.stderr}"
    assert done.stderr.count("\n") == 1, f"it is told in one sentence: {done.stderr}"
    return done.stderr.strip()


def names(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")}


def test_a_fetch_brings_what_the_server_reads_and_a_second_one_asks_nobody(
    hub: HubState, address: str, folder: Path, tmp_path: Path
) -> None:
    hub.token = HIDDEN
    (tmp_path / "token").write_text(HIDDEN + "\n")
    command = from_hub(address, folder, "--token-file", str(tmp_path / "token"))

    done = run(command)

    assert done.returncode == 0, done.stderr
    assert names(folder) == READ, "what the server never reads is half of the repository"
    assert all((folder / name).read_bytes() == FILES[name] for name in READ)
    assert "llm.pt: 1.0 MB, verified" in done.stdout, "whoever watches sees what came"
    assert HIDDEN not in done.stdout + done.stderr, "no log holds a secret"
    assert SIGNATURE not in done.stdout + done.stderr, "an address in storage is one as well"
    marker = json.loads((folder / ".complete").read_text())
    assert marker["source"]["revision"] == REVISION
    assert marker["files"]["llm.pt"]["sha256"] == sha256(LLM), "the marker says what is there"

    hub.asked.clear()
    again = run_here(command)
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert hub.asked == [], "a complete model is not asked for again"


def test_a_fetch_that_is_killed_goes_on_where_it_was(hub: HubState, address: str, folder: Path) -> None:
    hub.hold = threading.Event()
    partial = folder / ".partial" / "llm.pt"
    with subprocess.Popen([*COMMAND, *from_hub(address, folder)], stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: partial.is_file() and partial.stat().st_size > 0, "the file begins to come", 120)
        process.kill()
    with pytest.raises(ModelError, match="is not complete"):
        check(folder)
    assert not (folder / "llm.pt").exists(), "half a file never has its name"
    have = partial.stat().st_size

    hub.hold.set()
    hub.asked.clear()
    assert run_here(from_hub(address, folder)).returncode == 0
    assert [line for line in hub.asked if "/storage/llm.pt" in line] == [f"GET /storage/llm.pt?{SIGNATURE} bytes={have}-"], (
        "only the rest of the file is fetched"
    )
    assert (folder / "llm.pt").read_bytes() == LLM


@pytest.mark.parametrize("ranges", ["with ranges", "without ranges"])
def test_a_connection_that_breaks_is_taken_up_again(hub: HubState, address: str, folder: Path, ranges: str) -> None:
    hub.ranges = ranges == "with ranges"
    hub.cuts = {"llm.pt": [1000, 300_000]}

    told = brought(Hub(address, REPOSITORY, REVISION), folder)

    assert "the connection broke at 0.3 MB" in told, "whoever watches is told"
    assert (folder / "llm.pt").read_bytes() == LLM


def test_a_place_that_brings_nothing_any_more_is_given_up(hub: HubState, address: str, folder: Path) -> None:
    hub.hold = threading.Event()

    with pytest.raises(ModelError, match=r"^llm.pt stopped at 524288 bytes .*: run this again, it goes on from there$"):
        brought(Hub(address, REPOSITORY, REVISION), folder, stall_seconds=0.5)


def test_a_file_that_is_not_the_pinned_one_is_removed_and_both_checksums_are_told(hub: HubState, address: str, folder: Path) -> None:
    changed = LLM[:-1] + b"\0"
    hub.served = {"llm.pt": changed}

    said = refusal_of(run_here(from_hub(address, folder)))

    assert f"has SHA-256 {sha256(changed)}, but it has to have {sha256(LLM)}" in said, "both are told"
    assert SIGNATURE not in said
    assert not any((folder / ".partial").rglob("*.pt")), "the next run starts it anew"

    hub.served = {"cosyvoice3.yaml": b"sample_rate: 24001\n"}
    with pytest.raises(
        ModelError, match=r"^cosyvoice3.yaml from .* is git blob [0-9a-f]{40}, but it has to be [0-9a-f]{40}: it was removed"
    ):
        brought(Hub(address, REPOSITORY, REVISION), folder)


def test_a_checksum_in_the_settings_binds_whatever_the_hub_says(address: str, folder: Path) -> None:
    source = Hub(address, REPOSITORY, REVISION)
    refusal = f"^llm.pt is bound to SHA-256 {sha256(b'reviewed')}, but the source has one with {sha256(LLM)}: do not use this source"
    with pytest.raises(ModelError, match=refusal):
        brought(source, folder, {"llm.pt": sha256(b"reviewed")})
    assert names(folder) == set(), "nothing is fetched from a hub that has another model"

    with pytest.raises(ModelError, match=r"^the settings give a checksum for llm\.onnx, but the source has no such file"):
        brought(source, folder, {"llm.onnx": sha256(LLM)})
    brought(source, folder, {"llm.pt": sha256(LLM)})


def test_a_volume_that_is_too_small_is_told_before_anything_is_fetched_and_a_full_one_in_a_sentence(
    hub: HubState, address: str, folder: Path
) -> None:
    hub.sizes = {"llm.pt": 10**16}
    said = refusal_of(run_here(from_hub(address, folder)))
    assert said.startswith("the model needs 10000000000.0 MB more in ")

    hub.sizes = {}
    full = run(from_hub(address, folder), "sh", "-c", 'ulimit -f 100 && exec "$@"', "sh")
    assert refusal_of(full) == "the volume is full: enlarge it, or remove from it what nobody uses any more"
    assert run_here(from_hub(address, folder)).returncode == 0, "with more space it goes on"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ((401, "RepoNotFound"), "answers 401 (RepoNotFound) for FunAudioLLM/Fun-CosyVoice3-0.5B-2512 at"),
        ((404, "RevisionNotFound"), "check the name and the revision"),
        ((429, ""), "run this again later, or give a token"),
        ((521, ""), "run this again later, or use a mirror"),
    ],
)
def test_a_hub_that_says_no_is_quoted_with_the_way_out(
    hub: HubState, address: str, folder: Path, refusal: tuple[int, str], told: str
) -> None:
    hub.refusal = refusal

    with pytest.raises(ModelError, match=re.escape(told)):
        brought(Hub(address, REPOSITORY, REVISION), folder)


def test_a_hub_that_cannot_be_reached_is_told_without_its_password(folder: Path) -> None:
    said = refusal_of(run_here(from_hub(f"http://somebody:secret@127.0.0.1:{free_port()}", folder)))

    assert "check the address, the proxy and the network policy" in said
    assert "secret" not in said


def test_a_file_outside_the_folder_is_never_written(hub: HubState, address: str, folder: Path) -> None:
    hub.files["a/../../outside"] = b"x"

    with pytest.raises(ModelError, match="which is not a path inside the model's folder: do not use this source"):
        brought(Hub(address, REPOSITORY, REVISION), folder)


def test_a_mirror_is_pinned_by_the_checksum_of_its_checksums(hub: HubState, address: str, folder: Path) -> None:
    refusal = f"has SHA-256 {sha256(hub.sums())}, but {sha256(b'another model')} is pinned"
    with pytest.raises(ModelError, match=refusal):
        brought(Folder(f"{address}/folder", sha256(b"another model")), folder)

    pinned = ["--url", f"{address}/folder/", "--revision", sha256(hub.sums()), "--folder", str(folder)]
    assert run_here(["fetch", "--source", "url", *pinned, "--tensorrt"]).returncode == 0
    assert names(folder) == READ | {"flow.decoder.estimator.fp32.onnx"}, "TensorRT's file comes when it is asked for"


def test_damage_is_found_and_only_the_damaged_file_is_fetched_again(hub: HubState, address: str, folder: Path) -> None:
    source = Hub(address, REPOSITORY, REVISION)
    brought(source, folder)
    file = folder / "llm.pt"
    file.write_bytes(LLM[:-1] + b"\0")

    with pytest.raises(ModelError, match=f"llm.pt has SHA-256 .* but it has to have {sha256(LLM)}. Fetch it again"):
        check(folder)
    hub.asked.clear()
    assert "2 of 3 files are there" in brought(source, folder)
    check(folder)
    assert not any("cosyvoice3.yaml" in line for line in hub.asked), "what is right is kept"

    (folder / ".complete").write_text("{}")
    with pytest.raises(ModelError, match="is damaged: fetch the model again"):
        check(folder)
    assert "3 of 3 files are there" in brought(source, folder), "a marker that cannot be read is written anew"
    check(folder)

    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_bytes(LLM[:-1] + b"\0")
    os.utime(file, ns=times)
    check(folder)
    whole = run_here(["verify", "--folder", str(folder)])
    assert "llm.pt has SHA-256" in refusal_of(whole), "a full check reads everything"
    os.truncate(file, 1000)
    os.utime(file, ns=times)
    quick = run_here(["verify", "--quick", "--folder", str(folder)])
    assert f"llm.pt has 1000 bytes, but it has to have {len(LLM)}" in refusal_of(quick)


def test_a_folder_filled_by_hand_is_complete_when_its_checksums_say_so(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "llm.pt").write_bytes(LLM)
    with pytest.raises(ModelError, match=r"it has neither \.complete, which a finished fetch leaves, nor SHA256SUMS"):
        check(folder)

    (folder / "SHA256SUMS").write_text(f"{sha256(LLM)}  llm.pt\n{sha256(b'x')}  flow.pt\n")
    with pytest.raises(ModelError, match=r"is not complete: flow.pt is missing\."):
        check(folder)

    (folder / "flow.pt").write_bytes(b"x")
    assert set(verify(folder).files) == {"llm.pt", "flow.pt"}


def test_an_update_makes_room_but_keeps_the_model_to_go_back_to(address: str, folder: Path) -> None:
    source, volume = Hub(address, REPOSITORY, REVISION), folder.parent
    oldest, left = volume / "a", volume / "b"
    for place in (oldest, left, oldest):
        brought(source, place)  # in the end the operator goes back to the first one
    (volume / "recordings").mkdir()

    brought(source, folder, remove_older=True)

    assert {place.name for place in volume.iterdir()} == {"a", "new", "recordings"}, (
        "the model asked for last stays, and so does what is no model"
    )
