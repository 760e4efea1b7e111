"""The Pulumi program: read what the stack says, build it, say what came of it."""

import os
import sys
from pathlib import Path

import pulumi

from settings import CampusStackSettings, Given, SettingsError, load
from stacks import connect, deploy_campus, deploy_platform

ALREADY_EXPLAINED = 32
"""Exit code by which Pulumi's language host knows that the user has been told what is wrong.

Source: `pulumi-language-python-exec`, where it is called
PYTHON_PROCESS_EXITED_AFTER_SHOWING_USER_ACTIONABLE_MESSAGE_CODE.
"""


async def main() -> pulumi.Inputs:
    """Build the stack and return its outputs."""
    folder = Path.cwd()
    given = Given.from_pulumi(pulumi.get_stack(), pulumi.get_project(), folder)
    try:
        configuration = load(given, os.environ, folder)
        cluster = connect(configuration.cluster)
        if isinstance(configuration.settings, CampusStackSettings):
            return await deploy_campus(configuration.settings, given, cluster)
        return deploy_platform(configuration.settings, cluster)
    except (SettingsError, pulumi.RunError) as refusal:
        pulumi.log.error(str(refusal))
        sys.exit(ALREADY_EXPLAINED)


if __name__ == "__main__":
    pulumi.run(main)
