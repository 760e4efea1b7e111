"""A build is in the cache whole, or not at all."""

from pathlib import Path

import pytest

from campus_sandbox.build.store import Store
from campus_sandbox.paths import Paths


def write(folder: Path) -> None:
    (folder / "program").write_text("whole")


def test_what_is_built_is_not_built_again(store: Store) -> None:
    runs: list[Path] = []
    for _ in range(2):
        store.make("etcd", "k1", runs.append)
    assert len(runs) == 1, "the second run must build nothing"


def test_a_build_that_broke_leaves_nothing_that_looks_whole_and_heals(store: Store, paths: Paths) -> None:
    def breaks(folder: Path) -> None:
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.make("etcd", "k1", breaks)
    assert not store.has("etcd", "k1"), "a broken build must not count"
    assert list((paths.store / "etcd").iterdir()) == [], "a broken build must leave no litter"
    assert (store.make("etcd", "k1", write) / "program").read_text() == "whole"


def test_litter_of_a_killed_build_is_cleared_by_the_next(store: Store, paths: Paths) -> None:
    litter = paths.store / "etcd" / ".unfinished-x"
    litter.mkdir(parents=True)
    (litter / "half").write_text("half")
    (litter).chmod(0o500)
    store.make("etcd", "k1", write)
    assert not litter.exists(), "a killed process cannot clean up, so the next one does"


def test_old_builds_go_and_those_in_use_stay(store: Store, paths: Paths) -> None:
    old, new = store.make("etcd", "old", write), store.make("etcd", "new", write)
    running = store.make("debian-node", "old", write)
    gone = store.prune({new}, spared=("debian-node",))
    assert gone == [old]
    assert new.is_dir(), "what the pins call for stays"
    assert running.is_dir(), "what a running node stands on stays"


def test_a_link_leads_to_the_new_build_at_once(store: Store, paths: Paths) -> None:
    link = paths.bin / "etcd"
    for key in ("k1", "k2", "k2"):
        store.link(link, store.make("etcd", key, write) / "program")
        assert link.readlink() == store.entry("etcd", key) / "program"
    assert [entry.name for entry in paths.bin.iterdir()] == ["etcd"], "no half-made link stays behind"


def test_a_build_that_lost_a_file_or_a_byte_is_made_again(store: Store) -> None:
    for damage in (lambda program: program.unlink(), lambda program: program.write_text("whol")):
        damage(store.make("etcd", "k1", write) / "program")
        assert not store.has("etcd", "k1"), "a damaged build must not count"
        assert (store.make("etcd", "k1", write) / "program").read_text() == "whole"


def test_what_is_damaged_is_cleared_before_anything_is_asked_for(store: Store) -> None:
    whole, damaged = store.make("etcd", "k1", write), store.make("kube", "k1", write)
    in_use = store.make("debian-node", "k1", write)
    for entry in (damaged, in_use):
        (entry / "program").unlink()
    assert store.clear_damaged(spared=("debian-node",)) == [damaged]
    assert whole.is_dir(), "what is whole stays"
    assert in_use.is_dir(), "what a running node stands on stays"
