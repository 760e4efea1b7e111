"""What a student meets: a sentence through HTTPS, from the campus's own name, and honest failure."""

from pathlib import Path

from tests.cluster.framework import ROOT, Kubectl, StackUnderTest, run, wait_until


def smoke(stack: StackUnderTest, environment: dict[str, str], folder: Path) -> tuple[int, str]:
    spoken = run(
        ROOT / ".venv/bin/python",
        "-m",
        "operations.smoke",
        "--stack",
        stack.name,
        "--output",
        folder,
        environment={**environment, "PYTHONPATH": str(ROOT)},
        cwd=stack.project,
    )
    return spoken.returncode, spoken.stdout + spoken.stderr


def test_every_campus_speaks_the_sentence_it_was_given(
    deployed: StackUnderTest, environment: dict[str, str], tmp_path: Path
) -> None:
    code, words = smoke(deployed, environment, tmp_path)
    assert code == 0, f"every campus of the stack must speak:\n{words}"
    heard = {file.stem.split("-")[0] for file in tmp_path.glob("*.wav")}
    assert {"north", "south"} <= heard, f"a WAV file per campus that speaks, found {heard}"


def test_smoke_fails_when_no_server_runs(
    dev: StackUnderTest, environment: dict[str, str], kubectl: Kubectl, tmp_path: Path
) -> None:
    kubectl("-n", "voice", "scale", "deployment/cosyvoice", "--replicas=0")
    wait_until(
        lambda: not kubectl("-n", "voice", "get", "pods", "-o", "name"),
        deadline=90,
        what="the speech server's pod is gone",
    )
    code, words = smoke(dev, environment, tmp_path)
    assert code == 1, f"silence must not pass for speech:\n{words}"
    assert "Traceback" not in words, f"a failure is a sentence:\n{words}"
    for campus in ("north", "south"):
        assert campus in words, f"each silent campus is named:\n{words}"
