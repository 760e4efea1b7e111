"""The Pulumi program: read what the stack says, build it, say what came of it."""

import os
import sys
from pathlib import Path

import pulumi

from settings import Given, PlatformSettings, SettingsError, load
from stacks import connect, deploy_campus, deploy_platform, read_platform

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
        settings, cluster = configuration.settings, configuration.cluster
        if isinstance(settings, PlatformSettings):
            return deploy_platform(settings, connect(cluster))
        platform = await read_platform(settings, given)
        return deploy_campus(settings, platform, connect(cluster))
    except (SettingsError, pulumi.RunError) as refusal:
        pulumi.log.error(str(refusal))
        sys.exit(ALREADY_EXPLAINED)


if __name__ == "__main__":
    pulumi.run(main)
