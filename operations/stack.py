"""A stack as `pulumi` knows it: its outputs, and the cluster it names."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from operations.errors import OperationError
from operations.outputs import StackOutputs, parse_outputs


@dataclass(frozen=True)
class Stack:
    """One stack that is up."""

    name: str
    outputs: StackOutputs
    kubeconfig: str | None = None
    """Path or contents of the kubeconfig that its `kubernetes:kubeconfig` names, if it has one."""

    context: str | None = None
    """The context its configuration names (`kubernetes:context`), if it names one."""


def _pulumi(stack: str, *arguments: str) -> Mapping[str, object]:
    """The JSON answer of one `pulumi` command about `stack`."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise OperationError(
            f"The outputs of stack {stack} cannot be read",
            "there is no `pulumi` on PATH",
            "`make` brings one for the sandbox; for a cluster of your own install the Pulumi CLI.",
        )
    done = subprocess.run(
        [pulumi, *arguments, "--json", "--stack", stack, "--non-interactive"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().removeprefix("error: ").splitlines()
        raise OperationError(
            f"Stack {stack} cannot be read",
            said[0] if said else f"`pulumi {arguments[0]}` ended with exit code {done.returncode}",
            f"Bring it up with `make up STACK={stack}`, or name another one with STACK=.",
        )
    answer: Mapping[str, object] = json.loads(done.stdout)
    return answer


def _setting(stack: str, settings: Mapping[str, object], key: str) -> str | None:
    """One plain value in the answer of `pulumi config --json`, which leaves out what is secret.

    Raises:
        OperationError: it is a secret; without it another cluster would be looked at.
    """
    setting = settings.get(key)
    if isinstance(setting, dict) and setting.get("secret"):
        raise OperationError(
            f"The cluster of stack {stack} is not known",
            f"its `{key}` is a secret, which is not read here",
            f"Take it out with `pulumi config rm {key} --stack {stack}`, and name the cluster with "
            f"KUBECONFIG in the environment and `pulumi config set kubernetes:context NAME --stack {stack}`.",
        )
    value = setting.get("value") if isinstance(setting, dict) else None
    return value if isinstance(value, str) else None


def read_stack(name: str) -> Stack:
    """The stack `name` of the project in the working directory, from the backend `pulumi` is logged in to.

    Raises:
        OperationError: no `pulumi`, no such stack, a stack that is not up, or one whose cluster is a secret.
    """
    outputs = parse_outputs(name, _pulumi(name, "stack", "output"))
    settings = _pulumi(name, "config")
    return Stack(
        name,
        outputs,
        kubeconfig=_setting(name, settings, "kubernetes:kubeconfig"),
        context=_setting(name, settings, "kubernetes:context"),
    )
