"""What is done about the locks and the pending operations of updates that were killed."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from campus_sandbox.interrupted import completed
from campus_sandbox.paths import Paths
from campus_sandbox.pulumi_locks import is_locked, remove_dead_locks
from campus_sandbox.recovery import mend_stacks

STACK = "organization/campus-voice/dev"


def lock(paths: Paths, process: int, machine: str = os.uname().nodename) -> Path:
    """A lock as Pulumi writes it."""
    file = paths.pulumi_backend / ".pulumi" / "locks" / STACK / "3b5c.json"
    file.parent.mkdir(parents=True)
    content = {"pid": process, "username": "me", "hostname": machine, "timestamp": "2026-11-28T13:41:36Z"}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


@contextmanager
def running(program: Path) -> Iterator[int]:
    """A process whose program has the file's name."""
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def ended() -> int:
    """The number of a process that is gone."""
    with subprocess.Popen(["/bin/true"]) as process:
        return process.pid


def test_the_lock_of_a_process_that_is_gone_is_removed_and_told(paths: Paths, said: list[str]) -> None:
    process = ended()
    file = lock(paths, process)
    (file.parent / "3b5c.json.attrs").touch()
    assert is_locked(paths, STACK)
    remove_dead_locks(paths, said.append)
    assert list(file.parent.iterdir()) == [], "the lock and what Pulumi's file store notes beside it"
    assert not is_locked(paths, STACK)
    assert said == [f"Pulumi stack dev: removed the lock of process {process}, which was killed"]


def test_a_number_that_another_program_has_now_is_no_update(
    paths: Paths, tmp_path: Path, said: list[str]
) -> None:
    with running(tmp_path / "editor") as process:
        file = lock(paths, process)
        remove_dead_locks(paths, said.append)
    assert not file.exists()


def test_a_killed_process_that_nobody_has_waited_for_is_no_update(
    paths: Paths, tmp_path: Path, said: list[str]
) -> None:
    shutil.copy("/bin/sleep", tmp_path / "pulumi")
    with subprocess.Popen([tmp_path / "pulumi", "600"]) as process:
        file = lock(paths, process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        remove_dead_locks(paths, said.append)
    assert not file.exists()


def test_a_running_update_keeps_its_lock(paths: Paths, tmp_path: Path, said: list[str]) -> None:
    with running(tmp_path / "pulumi") as process:
        file = lock(paths, process)
        remove_dead_locks(paths, said.append)
    assert file.exists(), "two updates at once would ruin the stack"
    assert said == []


def test_nobody_judges_the_processes_of_another_machine(paths: Paths, said: list[str]) -> None:
    file = lock(paths, ended(), "another-machine")
    remove_dead_locks(paths, said.append)
    assert file.exists()


@pytest.mark.parametrize("content", ["", "[]", '{"hostname": "x"}', '{"pid": -1, "hostname": "x"}'])
def test_what_is_no_lock_is_left_for_pulumi_to_judge(paths: Paths, content: str, said: list[str]) -> None:
    file = lock(paths, 1)
    file.write_text(content.replace("x", os.uname().nodename), encoding="utf-8")
    remove_dead_locks(paths, said.append)
    assert file.exists()


def test_a_stack_is_left_alone_while_no_cluster_says_what_was_made(paths: Paths, said: list[str]) -> None:
    file = paths.pulumi_backend / ".pulumi" / "stacks" / "campus-voice" / "dev.json"
    file.parent.mkdir(parents=True)
    pending = {"pending_operations": [{"type": "creating", "resource": config_map("it")}]}
    before = json.dumps({"version": 3, "checkpoint": {"stack": STACK, "latest": pending}})
    file.write_text(before, encoding="utf-8")
    mend_stacks(paths, {}, said.append)
    assert file.read_text(encoding="utf-8") == before
    assert len(said) == 1
    assert said[0].startswith(
        "Pulumi stack dev: what a killed update was making cannot be looked after now: "
    )
    assert str(paths.kubeconfig) in said[0], "the sentence names what is missing"


def config_map(name: str, **more: Any) -> dict[str, Any]:
    """A ConfigMap in a deployment; `more` are members of the record."""
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "voice"}}
    token = "kubernetes:core/v1:ConfigMap"
    return {"urn": f"urn:pulumi:dev::campus-voice::{token}::it", "type": token, "inputs": inputs, **more}


def live(name: str) -> dict[str, Any]:
    """The same in the cluster."""
    manager = {"manager": "pulumi-kubernetes-12345678", "operation": "Update"}
    meta = {"name": name, "namespace": "voice", "managedFields": [manager]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def after_kill(*recorded: dict[str, Any], made: bool = True) -> list[dict[str, Any]]:
    """The resources after mending a deployment whose update was killed while it created `new`."""
    pending = config_map("new")
    deployment = {
        "resources": [*recorded, {"urn": "last", "type": "t"}],
        "pending_operations": [{"type": "creating", "resource": pending}],
    }
    result = completed(deployment, {pending["urn"]: live("new")} if made else {})
    assert result["pending_operations"] == []
    return list(result["resources"])


def test_an_object_that_was_made_is_recorded_as_not_ready_after_all_others() -> None:
    *_, last = after_kill()
    assert (last["id"], last["outputs"]["metadata"]["name"]) == ("voice/new", "new")
    assert last["outputs"]["__inputs"] == last["inputs"]
    assert last["outputs"]["__fieldManager"] == "pulumi-kubernetes-12345678", "another one would conflict"
    assert last["initErrors"], "else the next update would not wait for it"


def test_an_object_that_was_not_made_is_forgotten() -> None:
    assert after_kill(made=False) == [{"urn": "last", "type": "t"}]


def test_what_a_finished_part_of_a_replacement_leaves_to_do_is_recorded() -> None:
    old = config_map("old", id="voice/old")
    new, replaced, _ = after_kill(old)
    assert (new["id"], replaced) == ("voice/new", {**old, "delete": True}), "the old one is to be deleted"
    new, last = after_kill({**old, "id": "voice/new", "pendingReplacement": True})
    assert (new["id"], "pendingReplacement" in new, last["urn"]) == ("voice/new", False, "last")


def test_an_operation_that_a_later_update_finished_changes_nothing() -> None:
    done = config_map("new", id="voice/new", outputs={})
    assert after_kill(done)[0] == done
