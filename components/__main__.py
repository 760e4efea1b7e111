"""The components as a Pulumi plugin, for programs in every language."""

import campus_voice
from campus_voice.shared import versions
from pulumi.provider.experimental import component_provider_host

if __name__ == "__main__":
    component_provider_host(
        name=campus_voice.PACKAGE,
        components=campus_voice.COMPONENTS,
        version=versions.pinned()["product"]["version"],
    )
