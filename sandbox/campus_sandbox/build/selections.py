"""Which Debian packages go where."""

from campus_sandbox.build.debian import Selection

NODE = Selection(
    "node",
    (
        "base-files",
        "base-passwd",
        "busybox-static",
        "conntrack",
        "containerd",
        "containernetworking-plugins",
        "coreutils",
        "dash",
        "findutils",
        "grep",
        "iproute2",
        "iptables",
        "kmod",
        "libc-bin",
        "mount",
        "netbase",
        "nftables",
        "procps",
        "runc",
        "sed",
        "tar",
        "usr-is-merged",
        "util-linux",
    ),
    alone=("ca-certificates",),
)

SPEECH = Selection(
    "speech",
    ("libpython3.11-stdlib", "libstdc++6", "python3.11-minimal"),
    alone=("base-files", "ca-certificates", "tzdata"),
)

# What a program that is linked to the GNU C library needs to run, and the authorities that programs trust.
LIBRARIES = Selection("libraries", ("libc6",), alone=("ca-certificates",))

ALL = (NODE, SPEECH, LIBRARIES)
