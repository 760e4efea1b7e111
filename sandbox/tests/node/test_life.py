"""The sandbox comes, heals and goes without a trace. The order is that of a life."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

from campus_sandbox.node.cgroups import Cgroup
from campus_sandbox.node.images import CTR
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.waiting import wait_until

from . import machine
from .machine import Machine
from .sandbox import Sandbox

GROUP = "campus-voice-"


def rootfs(sandbox: Sandbox) -> Path:
    return sandbox.paths.rootfs.resolve()


def own_groups(sandbox: Sandbox) -> list[Path]:
    """The cgroups of this sandbox; another one may run on the machine."""
    first = sandbox.first_process()
    return [group for group in machine.cgroups(GROUP) if first in machine.processes_in([group])]


def serves(sandbox: Sandbox) -> bool:
    return sandbox.kubectl("get", "--raw", "/readyz").stdout == "ok"


def ask_as_a_stranger(sandbox: Sandbox, path: str) -> int:
    """The status of the API server's answer to one who trusts its authority and shows no certificate."""
    authority = sandbox.paths.node_state / "etc" / "pki" / "ca.crt"
    tls = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection("127.0.0.1", 6443, timeout=10, context=tls)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def test_a_running_sandbox_changes_nothing_of_the_machine(sandbox: Sandbox, before: Machine) -> None:
    assert Machine.seen(rootfs(sandbox)) == before, (
        "mounts, links, rules and sysctls of the machine stay as they are"
    )


def test_a_running_sandbox_listens_on_the_loopback_only(sandbox: Sandbox) -> None:
    assert machine.listeners() == {"127.0.0.1:80", "127.0.0.1:443", "127.0.0.1:6443"}


def test_the_api_tells_strangers_nothing_but_that_it_is_ready(sandbox: Sandbox) -> None:
    assert ask_as_a_stranger(sandbox, "/readyz") == 200, "the node's own parts wait for this answer"
    assert ask_as_a_stranger(sandbox, "/version") == 401, "all else needs a certificate"


def test_keys_are_readable_by_their_owner_only(sandbox: Sandbox) -> None:
    files = [sandbox.paths.kubeconfig, *sandbox.paths.node_state.rglob("etc/**/*.key")]
    assert len(files) > 10, "the node has a key for each of its parts"
    open_files = [str(file) for file in files if file.stat().st_mode & 0o077]
    assert not open_files, f"others may read {open_files}"


def test_a_fresh_node_finds_its_images_unpacked(sandbox: Sandbox, first_up: str) -> None:
    assert "give the node its images" in first_up, "they come from the cache as a whole"
    assert "load the" not in first_up, f"nothing is left to be unpacked by the node:\n{first_up}"
    known = sandbox.inside(*CTR, "images", "list", "--quiet").split()
    assert sandbox.busybox in known, "the runtime knows an image that no pod has asked for"
    assert not (sandbox.paths.state / "unpacking").exists(), "what unpacked them is gone"


def test_a_second_up_does_nothing(sandbox: Sandbox) -> None:
    first, pods = sandbox.first_process(), sandbox.get("pods", "--all-namespaces")["items"]
    assert "nothing to do" in sandbox.do("up"), "a second `up` finds all as it should be"
    assert sandbox.first_process() == first, "the node was not started again"
    names = [pod["metadata"]["uid"] for pod in sandbox.get("pods", "--all-namespaces")["items"]]
    assert names == [pod["metadata"]["uid"] for pod in pods], "no pod was made again"


def test_a_second_run_is_told_who_holds_the_sandbox(sandbox: Sandbox) -> None:
    with sandbox.paths.lock.open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate()
        lock.write("`campus-sandbox up` (process 4711)")
        lock.flush()
        done = sandbox.run("down")
    assert done.returncode == 1, "two runs at once would undo each other's work"
    assert "is being changed by `campus-sandbox up` (process 4711)" in done.stderr
    assert sandbox.status()["state"] == "running", "the run that came second changed nothing"


def test_after_a_crash_up_brings_the_node_and_its_pods_back(sandbox: Sandbox) -> None:
    groups = own_groups(sandbox)
    os.kill(sandbox.first_process(), signal.SIGKILL)
    assert wait_until(lambda: not machine.processes_in(groups), 20), "the node ends with its first process"
    assert sandbox.status()["state"] == "stopped"
    sandbox.do("up")
    assert serves(sandbox), "the API answers again"
    dns = sandbox.get("deployment", "--namespace=kube-system", "coredns")
    assert dns["status"]["readyReplicas"] == 1, "pods of before the crash run again"


def test_a_daemon_that_ended_is_named_and_mended(sandbox: Sandbox) -> None:
    sandbox.inside("pkill", "-KILL", "-f", "kube-scheduler")
    assert wait_until(lambda: sandbox.status()["state"] == "damaged", 20), "a dead daemon is not passed over"
    done = sandbox.run("status")
    assert done.returncode == 1, "a damaged sandbox is not a good one"
    assert "kube-scheduler           ended signal 9 (killed)" in done.stdout, done.stdout
    sandbox.do("up")
    assert set(sandbox.status()["components"].values()) == {"running"}, "`up` mends what is damaged"


def test_down_leaves_nothing(sandbox: Sandbox, before: Machine) -> None:
    groups = own_groups(sandbox)
    processes = machine.processes_in(groups)
    networks = machine.network_namespaces(processes)
    assert len(processes) > 10, "the whole node is in the sandbox's cgroup"
    assert len(networks) > 1, "pods have networks of their own"
    said = sandbox.do("down")
    assert said == "The sandbox is gone.\n"
    # What is dead is listed until the machine's own first process has asked for its exit code.
    assert wait_until(lambda: not processes & machine.all_pids(), 20), "processes are left"
    assert not networks & machine.network_namespaces(machine.all_pids()), "network namespaces are in use"
    assert not [group for group in groups if group.exists()], "cgroups are left"
    assert not sandbox.paths.state.exists(), "files are left outside the cache"
    assert machine.listeners() == set(), "something still listens"
    assert Machine.seen(rootfs(sandbox)) == before, "mounts, links, rules or sysctls are left"


def test_down_ends_what_a_killed_run_left_unpacking(sandbox: Sandbox) -> None:
    unpacking = Sandbox(sandbox.paths.state / "unpacking")
    group = Cgroup.of_this_machine(Layout(unpacking.paths).cgroup)
    group.make()
    unpacking.paths.node_state.mkdir(parents=True)
    left_over = subprocess.Popen(["sleep", "600"])
    try:
        for folder in group.folders():
            (folder / "cgroup.procs").write_text(str(left_over.pid))
        sandbox.do("down")
        assert left_over.wait(10) == -signal.SIGKILL, "the node that unpacks images is the sandbox's too"
    finally:
        left_over.kill()
    assert not [folder for folder in group.folders() if folder.exists()], "cgroups are left"
    assert not sandbox.paths.state.exists(), "files are left"


def test_down_twice_is_no_error(sandbox: Sandbox) -> None:
    assert sandbox.do("down") == "There is no sandbox.\n"


def test_a_stopped_sandbox_says_so(sandbox: Sandbox) -> None:
    assert sandbox.status()["state"] == "stopped"
    done = sandbox.run("kubeconfig")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "campus-sandbox: there is no sandbox: start it with `campus-sandbox up`.\n"


def test_up_on_a_taken_port_names_the_port_and_the_program(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 443)):
        done = sandbox.run("up")
    assert done.returncode == 1
    assert "port 443 of 127.0.0.1 is taken by" in done.stderr, done.stderr
    assert f"(process {os.getpid()})" in done.stderr, "the user is told which program to stop"
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, "one sentence is enough"
    assert not sandbox.paths.node_state.exists(), "nothing was started"


def test_down_ends_what_was_half_started_and_nothing_else(sandbox: Sandbox) -> None:
    group = Cgroup.of_this_machine(Layout(sandbox.paths).cgroup)
    group.make()
    sandbox.paths.node_state.mkdir(parents=True)
    half_started, innocent = (subprocess.Popen(["sleep", "600"]) for _ in range(2))
    try:
        for folder in group.folders():
            (folder / "cgroup.procs").write_text(str(half_started.pid))
        (sandbox.paths.node_state / "pid").write_text(f"{innocent.pid}\n")
        sandbox.do("down")
        assert half_started.wait(10) == -signal.SIGKILL, "what is in the sandbox's cgroup is the sandbox's"
        assert innocent.poll() is None, "a process number of an earlier run may be another program's by now"
    finally:
        half_started.kill()
        innocent.kill()
        innocent.wait()
    assert not [folder for folder in group.folders() if folder.exists()], "cgroups are left"
    assert not sandbox.paths.state.exists(), "files are left"


def test_subprocesses_of_a_step_see_the_sandbox(sandbox: Sandbox) -> None:
    program = ["printenv", "KUBECONFIG", "PULUMI_BACKEND_URL"]
    done = subprocess.run(
        sandbox.command("step", "look around", "--", *program),
        env=sandbox.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(sandbox.paths.kubeconfig), f"file://{sandbox.paths.pulumi_backend}"]
    assert "look around" in done.stderr, "a step tells how long it took"
