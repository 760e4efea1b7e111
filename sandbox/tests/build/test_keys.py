"""A build is keyed by its inputs."""

from pathlib import Path

from campus_sandbox.build.keys import key_of


def tree(folder: Path) -> Path:
    (folder / "source" / "sub").mkdir(parents=True)
    (folder / "source" / "a.go").write_text("package a")
    (folder / "source" / "sub" / "b.go").write_text("package b")
    return folder / "source"


def test_the_same_inputs_give_the_same_key_wherever_they_lie(tmp_path: Path) -> None:
    here, there = tree(tmp_path / "here"), tree(tmp_path / "there")
    assert key_of("flags", here) == key_of("flags", there), "a key depends on content, not on where it lies"


def test_a_changed_file_a_renamed_file_and_an_executable_bit_each_give_another_key(tmp_path: Path) -> None:
    source = tree(tmp_path)
    keys = [key_of(source)]
    (source / "sub" / "b.go").write_text("package c")
    keys.append(key_of(source))
    (source / "a.go").rename(source / "z.go")
    keys.append(key_of(source))
    (source / "z.go").chmod(0o755)
    keys.append(key_of(source))
    assert len(set(keys)) == 4, f"each change must show in the key: {keys}"


def test_inputs_do_not_run_into_each_other() -> None:
    assert key_of("ab", "c") != key_of("a", "bc"), "the border between inputs is part of the key"


def test_compiled_python_beside_the_sources_does_not_matter(tmp_path: Path) -> None:
    source = tree(tmp_path)
    before = key_of(source)
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_bytes(b"\0")
    assert key_of(source) == before, "running the tests must not make the image new"
