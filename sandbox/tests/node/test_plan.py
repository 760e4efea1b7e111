"""What the node is made of, decided without a node."""

import json
import ssl
import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from campus_sandbox.errors import SandboxError
from campus_sandbox.node.cgroups import Cgroup, hierarchies
from campus_sandbox.node.components import components
from campus_sandbox.node.kubeconfig import kubeconfig, write_kubeconfig
from campus_sandbox.node.layout import Layout
from campus_sandbox.node.pki import ensure_pki
from campus_sandbox.node.plan import PRETENDED_SYSCTLS, plan_text
from campus_sandbox.node.ports import holder_of, listening_ports
from campus_sandbox.paths import Paths

OLD = """31 23 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
33 31 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
34 31 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
35 31 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
NEW = "31 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    home = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": f"{tmp_path}/cache",
        "XDG_STATE_HOME": f"{tmp_path}/state",
    }
    return Paths.from_environment(home)


def test_a_machine_with_old_controllers_uses_each_of_their_trees() -> None:
    found = [(tree.mount.name, tree.version, tree.options) for tree in hierarchies(OLD)]
    assert found == [
        ("cpu,cpuacct", 1, "cpu,cpuacct"),
        ("memory", 1, "memory"),
        ("systemd", 1, "name=systemd"),
    ]


def test_a_machine_with_one_tree_uses_it() -> None:
    assert [(str(tree.mount), tree.version) for tree in hierarchies(NEW)] == [("/sys/fs/cgroup", 2)]


def test_a_machine_without_cgroups_is_refused_in_one_sentence() -> None:
    with pytest.raises(SandboxError) as refused:
        hierarchies("22 27 0:21 / /proc rw - proc proc rw\n")
    assert refused.value.sentence() == (
        "this machine has no cgroups mounted, because Kubernetes counts and limits what pods use by them: "
        "mount /sys/fs/cgroup, or use an existing cluster: name its context as `kubernetes:context` in the "
        "stack file."
    )


def test_another_state_folder_is_another_sandbox(paths: Paths, tmp_path: Path) -> None:
    other = Paths.from_environment({"HOME": str(tmp_path / "other")})
    assert Layout(paths).cgroup != Layout(other).cgroup, "ending one sandbox must not end another"
    assert Layout(paths).cgroup == Layout(paths).cgroup


def test_the_plan_is_the_same_each_time_and_sets_no_sysctl_of_the_whole_machine(paths: Paths) -> None:
    group = Cgroup("campus-voice-test", hierarchies(OLD))
    text = plan_text(Layout(paths), group, components())
    assert text == plan_text(Layout(paths), group, components()), (
        "a plan that changes by itself restarts the node each time"
    )
    plan = json.loads(text)
    assert all(name.startswith("net.ipv4.") for name in plan["sysctls"]), "only the node's own network is set"
    assert plan["pretended_sysctls"] == PRETENDED_SYSCTLS
    assert plan["cgroup_procs"][1] == "/sys/fs/cgroup/memory/campus-voice-test/cgroup.procs"


def test_only_the_forwarder_gets_the_machines_listeners(paths: Paths) -> None:
    plan = json.loads(plan_text(Layout(paths), Cgroup("x", hierarchies(NEW)), components()))
    assert [one["name"] for one in plan["components"] if one["listeners"]] == ["forward"]


def test_keys_are_made_once_and_whole(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    (tmp_path / "pki.new").mkdir()
    ensure_pki(pki)
    made = {file.name: file.read_bytes() for file in pki.iterdir()}
    ensure_pki(pki)
    assert made == {file.name: file.read_bytes() for file in pki.iterdir()}, "keys outlive a restart"
    assert not (tmp_path / "pki.new").exists(), "what an interrupted run left is cleared"


def test_the_api_server_is_trusted_by_each_of_its_addresses(tmp_path: Path) -> None:
    ensure_pki(tmp_path / "pki")
    certificate = x509.load_pem_x509_certificate((tmp_path / "pki" / "apiserver.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", "10.96.0.1", "10.250.0.1"}, "from the machine, from pods, from the node"
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)


def test_a_kubeconfig_carries_a_pair_that_fits_and_is_its_owners_only(tmp_path: Path) -> None:
    ensure_pki(tmp_path / "pki")
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, kubeconfig(tmp_path / "pki", "admin", "https://127.0.0.1:6443"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert yaml.safe_load(file.read_text())["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    context = ssl.create_default_context(cafile=tmp_path / "pki" / "ca.crt")
    context.load_cert_chain(tmp_path / "pki" / "admin.crt", tmp_path / "pki" / "admin.key")
    assert context.cert_store_stats()["x509_ca"] == 1, "the one authority is the sandbox's"


def test_a_port_counts_as_taken_only_where_the_loopback_would_clash(tmp_path: Path) -> None:
    head = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    )
    row = "   0: {}:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 {}\n"
    table = [
        row.format("00000000", 80, "0A", 1),
        row.format("0100007F", 443, "0A", 2),
        row.format("0100007F", 6443, "01", 3),
        row.format("0A00000A", 8080, "0A", 4),
    ]
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(head + "".join(table))
    assert listening_ports(tmp_path) == {80: {1}, 443: {2}}, (
        "established connections and listeners on another address leave 127.0.0.1 free"
    )


def test_the_holder_of_a_port_is_named(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\n 0: 00000000:0050 0:0 0A 0:0 0:0 0 0 0 4711\n")
    (tmp_path / "812" / "fd").mkdir(parents=True)
    (tmp_path / "812" / "fd" / "3").symlink_to("socket:[4711]")
    (tmp_path / "812" / "comm").write_text("nginx\n")
    assert holder_of(80, tmp_path) == "nginx (process 812)"
    assert holder_of(81, tmp_path) == "", "nobody is blamed for a port that nobody listens on"
