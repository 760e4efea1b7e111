"""Both images are what their description says, as far as a file can tell that has not been built."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
STEPS = [
    re.sub(r"\\\n\s*", "", step)
    for step in re.findall(r"^[A-Z]+ (?:.*\\\n)*.*$", (FOLDER / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
]
DESCRIPTION = (FOLDER / "README.md").read_text(encoding="utf-8")
# What the two differ in: where the libraries are, and which engine finds its model where.
OF_THE_GPU = {
    "PATH": "/opt/venv/bin:$PATH",
    "PYTHONPATH": "/opt/CosyVoice:/opt/CosyVoice/third_party/Matcha-TTS",
    "TQDM_DISABLE": "1",
    "COSYVOICE_ENGINE": "cosyvoice",
    "COSYVOICE_MODEL_DIR": "/models/Fun-CosyVoice3-0.5B-2512",
}


def stage(name: str) -> list[str]:
    """The steps of a stage, its FROM first, and of the stages it is built on."""
    (start,) = [number for number, step in enumerate(STEPS) if step.startswith("FROM ") and step.endswith(f" AS {name}")]
    rest = STEPS[start + 1 :]
    end = next((number for number, step in enumerate(rest) if step.startswith("FROM ")), len(rest))
    base = STEPS[start].split()[1]
    return (stage(base) if base == "debian" else []) + [STEPS[start], *rest[:end]]


def last(steps: list[str], instruction: str) -> str:
    return [step.removeprefix(f"{instruction} ") for step in steps if step.startswith(f"{instruction} ")][-1]


def described(setting: str) -> str:
    """A row of the description's table."""
    (row,) = re.findall(rf"^\| {setting} \|(.*)\|$", DESCRIPTION, re.MULTILINE)
    return str(row).strip()


def environment(steps: list[str]) -> dict[str, str]:
    return dict(setting.split("=", 1) for setting in last(steps, "ENV").split())


def test_the_cpu_image_has_exactly_the_described_environment_and_the_gpu_image_the_same_but_for_its_engine() -> None:
    settings = dict(setting.split("=", 1) for setting in re.findall(r"`([^`]+)`", described("environment")))

    assert environment(stage("cpu")) == settings, "one description is followed by every builder"
    assert environment(stage("gpu")) == settings | OF_THE_GPU, "a server behaves alike on both"


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_an_image_runs_as_described(target: str) -> None:
    steps = stage(target)

    assert f"`{last(steps, 'USER')}`" == described("user"), "nobody runs as root"
    assert described("command, working directory").endswith(f"`{last(steps, 'WORKDIR')}`"), "it starts where it can write"
    assert last(steps, "EXPOSE").split() == re.findall(r"\b\d{4}\b", described("ports"))
    entrypoint = ast.literal_eval(last(steps, "ENTRYPOINT"))
    assert entrypoint[1:] == ["-m", "cosyvoice_server"], "PID 1 is the server itself, without a shell that swallows SIGTERM"
    text = " ".join(steps)
    assert "--uid 10001" in text, "the user is the described one"
    assert "-o 10001 -g 10001 /root/CosyVoice/outputs" in text, "and the outputs folder is theirs"
    assert "cpu" not in target or f"`{json_list(entrypoint)}`" in described("entrypoint")


def json_list(words: list[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def test_the_cpu_image_has_the_described_packages_and_commands() -> None:
    built = " ".join(stage("cpu") + stage("cpu-build"))

    commands = [code for code in DESCRIPTION.partition("## Settings")[0].split("`")[1::2] if code.startswith(("uv ", "python3"))]
    assert len(commands) == 5, f"packages, exported and installed, are fetched, compiled and named: {commands}"
    for command in commands:
        assert command.removeprefix("python3 ").split(" -o ")[0] in built, f"the description says: {command}"
    (packages,) = re.findall(r"\| Debian 12 packages \| `([^`]*)`", DESCRIPTION)
    assert packages in built, "Debian's packages are the described ones"


def test_nothing_is_taken_at_an_unknown_version_and_no_model_is_in_the_gpu_image() -> None:
    versions = tomllib.loads((FOLDER.parents[1] / "versions.toml").read_text(encoding="utf-8"))
    arguments = dict(step.removeprefix("ARG ").split("=", 1) for step in STEPS if step.startswith("ARG "))

    assert arguments["UV"].endswith(f":{versions['uv']['version']}"), "uv is the product's own"
    assert re.fullmatch(r"[0-9a-f]{40}", arguments["COSYVOICE_COMMIT"]), "a commit's short name can come to mean another"
    for name in ("DEBIAN", "CUDA"):
        assert re.search(r":[^/]+$", arguments[name]), f"{arguments[name]} names a release"
        assert not arguments[name].endswith(":latest"), "and not whatever is newest"
    assert not [step for step in STEPS if step.startswith("ADD ")], "ADD fetches and unpacks on its own account"
    for step in STEPS:
        if "apt-get install" in step:
            assert "--no-install-recommends" in step, "no package brings others that nobody asked for"
            assert "rm -rf /var/lib/apt/lists/*" in step, "and no layer keeps the package lists"
    assert not re.search(r"snapshot_download|huggingface|modelscope|llm\.pt", " ".join(stage("gpu") + stage("gpu-build"))), (
        "the model is mounted, and replaced without a new image"
    )
