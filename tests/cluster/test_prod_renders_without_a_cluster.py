"""`make preview STACK=prod RENDER=dir`: a reviewer reads what production would get, and nothing is contacted."""

from pathlib import Path

import yaml

from operations.preview import LEFT_OUT
from tests.cluster.framework import ROOT, run


def test_a_reviewer_reads_three_campuses_on_gpus_as_files(
    environment: dict[str, str], tmp_path: Path
) -> None:
    rendered = run(
        ROOT / ".venv/bin/python",
        "-m",
        "operations.preview",
        "--stack",
        "prod",
        "--render",
        tmp_path / "out",
        environment={**environment, "KUBECONFIG": str(tmp_path / "none")},
    )
    assert rendered.returncode == 0, f"prod renders without a cluster:\n{rendered.stdout}{rendered.stderr}"
    objects = [yaml.safe_load(file.read_text()) for file in sorted((tmp_path / "out").rglob("*.yaml"))]
    hosts = {item["spec"]["virtualhost"]["fqdn"] for item in objects if "virtualhost" in item.get("spec", {})}
    assert hosts == {f"{campus}.voice.example.org" for campus in ("north", "south", "harbour")}, (
        "three campuses"
    )
    server = next(
        item for item in objects if item["kind"] == "Deployment" and item["metadata"]["namespace"] == "voice"
    )
    pod = server["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1", (
        "the speech server asks for a GPU"
    )
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L40S"}, (
        "on the nodes that the stack names"
    )
    secrets = [item for item in objects if item["kind"] == "Secret"]
    values = {value for item in secrets for value in item["stringData"].values()}
    assert [sorted(item["stringData"]) for item in secrets] == [["harbour", "north", "south"]], (
        "each campus that allows cloning has an enrolment key"
    )
    assert values == {LEFT_OUT}, "and nothing secret is written to files"

    known = run("pulumi", "stack", "ls", "--all", environment=environment)
    assert "prod" not in known.stdout, "a rendering leaves no stack behind"
