"""Every message about one setting by itself, in full."""

from dataclasses import replace

import pytest

from settings import PlatformSettings
from tests.unit.settings.stack_file import Folder

SMALLEST = {"domain": "voice.example.org", "gpus": "0", "storage": "20Gi"}

ALL_SETTINGS = (
    "The settings that begin with campus-voice: are "
    f"{', '.join(sorted(str(field.alias) for field in PlatformSettings.model_fields.values()))}."
)

MESSAGES = {
    "domain: Voice.example.org": (
        "campus-voice:domain is 'Voice.example.org': it must be a domain name in lower case, without scheme, "
        "port or wildcard, because every campus is served at https://<campus>.<domain>. Write a domain whose "
        "subdomains point at the gateway, such as voice.example.org."
    ),
    "gpus: -1": (
        "campus-voice:gpus is -1: it must be a whole number from 0 to 16, because every speech pod asks one "
        "node for that many GPUs, and Kubernetes hands them out whole. Write 0 to speak on the CPU, 1 for one GPU, "
        "or 1 with gpuResource naming a part of a GPU, such as nvidia.com/mig-1g.10gb or nvidia.com/gpu.shared."
    ),
    "gpus: 1.5": (
        "campus-voice:gpus is 1.5: it must be a whole number from 0 to 16, because every speech pod asks one "
        "node for that many GPUs, and Kubernetes hands them out whole. Write 0 to speak on the CPU, 1 for one GPU, "
        "or 1 with gpuResource naming a part of a GPU, such as nvidia.com/mig-1g.10gb or nvidia.com/gpu.shared."
    ),
    "gpus: many": (
        "campus-voice:gpus is 'many': it must be a whole number from 0 to 16, because every speech pod asks one "
        "node for that many GPUs, and Kubernetes hands them out whole. Write 0 to speak on the CPU, 1 for one GPU, "
        "or 1 with gpuResource naming a part of a GPU, such as nvidia.com/mig-1g.10gb or nvidia.com/gpu.shared."
    ),
    "storage: 20": (
        "campus-voice:storage is '20': it must be a Kubernetes quantity of bytes with its unit, because it is "
        "the size of a volume. Write a size such as 20Gi."
    ),
    "backup: {storage: 40Gi}": (
        "campus-voice:backup.secret is missing: it must be the name of a Kubernetes object, because Kubernetes "
        "accepts lower-case letters, digits, hyphens and dots only. Write the name that kubectl shows."
    ),
    "backup: {secret: keys, s3: {endpoint: http://s3.example.org, bucket: b}}": (
        "campus-voice:backup.s3.endpoint is 'http://s3.example.org': it must be an https:// address without a "
        "path, because whoever reads along could send the same requests again. Write it like "
        "https://s3.example.org, and the bucket as bucket."
    ),
    "backup: {secret: keys, storage: 40Gi, schedule: nightly}": (
        "campus-voice:backup.schedule is 'nightly': it must be a cron schedule: minute, hour, day of the month, "
        'month, day of the week, because Kubernetes starts the backups by it. Write it like "30 1 * * *" for '
        "every night at half past one, in quotes."
    ),
    "backup: {secret: keys, storage: 40Gi, keepDays: 0}": (
        "campus-voice:backup.keepDays is 0: it must be a whole number of days from 1 to 3650, because a voice "
        "that was withdrawn leaves the backups by then. Leave it out for the default, which settings/backup.py "
        "names."
    ),
    "backup: {secret: keys, storage: 40Gi, verifyPercent: 101}": (
        "campus-voice:backup.verifyPercent is 101: it must be a whole number from 1 to 100, because it is the "
        "share of the stored data that is read back after each run. Leave it out for 10."
    ),
    "model: {hub: {}, tensorrt: true}": (
        "campus-voice:model.tensorrt is True: it is no setting of the model, because what TensorRT needs is fetched "
        "where the GPU is to use it. Write `campus-voice:acceleration: {tensorrt: true}` instead."
    ),
    "campuses: north": (
        "campus-voice:campuses is 'north': it must be a list of campuses, because each entry becomes a host "
        "name of its own. Write one `- id: <campus>` per campus, or leave it out for a single campus named "
        "voice."
    ),
    "campuses: [{id: North}]": (
        "campus-voice:campuses[0].id is 'North': it must be at most 20 lower-case letters, digits and inner "
        "hyphens, starting with a letter, because it becomes the first part of the campus's host name and part "
        "of its Kubernetes names. Write an id such as north or west-2."
    ),
    "campuses: [{id: north, name: 7}]": (
        "campus-voice:campuses[0].name is 7: it must be text, because people read it. Quote it, or leave it "
        "out."
    ),
    "campuses: [{id: north, public: 'yes'}]": (
        "campus-voice:campuses[0].public is 'yes': it must be true or false, because there is nothing in "
        "between. Write true or false without quotes."
    ),
    "campuses: [{id: north, allowFrom: [10.1.2.3/8]}]": (
        "campus-voice:campuses[0].allowFrom[0] is '10.1.2.3/8': it must be a list of networks in CIDR "
        "notation, without host bits, because the gateway compares the caller's address with them. Write "
        "networks such as 10.20.0.0/16 or 2001:db8::/48."
    ),
    "campuses: [{id: north, colour: red}]": (
        "campus-voice:campuses[0].colour is 'red': it is not a setting here, because a misspelt key would "
        "otherwise be passed over in silence. Remove it; the settings here are allowFrom, "
        "audibleLabel, auth, certificateSecret, circuitBreakers, denyFrom, frameAncestors, id, issuer, limits, minimumTls, name, ownStack, public, "
        "routes, voiceCloning."
    ),
    "campuses: [{id: north, deleteData: true}]": (
        "campus-voice:campuses[0].deleteData is True: it is not a setting of one campus here, because the volumes are "
        "other campuses' too, and without its entry nothing here knows the campus. Remove the whole entry and run "
        "`make up`: then `make forget CAMPUS=<id>` erases what it left. A campus with ownStack has its own volumes: "
        "write `campus-voice:deleteData: true` in the file of its stack."
    ),
    "campuses: [{id: north, limits: {requestsPerSecond: 0}}]": (
        "campus-voice:campuses[0].limits.requestsPerSecond is 0: it must be a whole number from 1 to 1000000, because "
        "each Envoy counts to it by itself. Leave it out for the default, which settings/campus.py names."
    ),
    "campuses: [{id: north, limits: {burst: -1}}]": (
        "campus-voice:campuses[0].limits.burst is -1: it must be a whole number from 0 to 1000000, because so many "
        "requests may come at once beyond the rate. Leave it out for the default, which settings/campus.py names."
    ),
    "campuses: [{id: north, limits: low}]": (
        "campus-voice:campuses[0].limits is 'low': it must be a block of numbers, because each limits one kind of "
        "requests. Write `limits: {requestsPerSecond: 100}`, or leave it out for the defaults."
    ),
    "campuses: [{id: north, circuitBreakers: 5}]": (
        "campus-voice:campuses[0].circuitBreakers is 5: it must be a block of numbers, because each is one fuse. Write "
        "`circuitBreakers: {maxConnections: 256}`, or leave it out for the defaults."
    ),
    "campuses: [{id: north, minimumTls: 1.3}]": (
        "campus-voice:campuses[0].minimumTls is 1.3: it must be one of 1.2, 1.3, in quotes, because it is the oldest "
        'version of TLS that the host speaks. Write "1.3", or leave it out for 1.2.'
    ),
    "campuses: [{id: north, frameAncestors: ['https://learn.example.org/course']}]": (
        "campus-voice:campuses[0].frameAncestors[0] is 'https://learn.example.org/course': it must be a list of "
        "https:// origins without paths, because browsers compare them with the address of the page around. Write "
        "origins such as https://learn.example.org or https://*.example.org."
    ),
    "campuses: [{id: north, auth: token}]": (
        "campus-voice:campuses[0].auth is 'token': it must be a block with the keys jwt, external or both, because the "
        "gateway asks callers to show who they are in these ways. Write `auth: {external: {namespace: <namespace>, "
        "service: <service>}}` for people, `jwt` for /v1."
    ),
    "campuses: [{id: n, auth: {jwt: {issuer: i, jwksUrl: 'http://i', audiences: [a], caSecret: c}}}]": (
        "campus-voice:campuses[0].auth.jwt.jwksUrl is 'http://i': it must be an https:// address, because whoever can "
        "change the keys on their way can sign any token. Take jwks_uri from the issuer's "
        "/.well-known/openid-configuration."
    ),
    "campuses: [{id: n, auth: {jwt: {issuer: 7, jwksUrl: 'https://i', audiences: [a], caSecret: c}}}]": (
        "campus-voice:campuses[0].auth.jwt.issuer is 7: it must be text, because requests are compared with it. Quote it."
    ),
    "campuses: [{id: n, auth: {jwt: {issuer: i, jwksUrl: 'https://i', audiences: [], caSecret: c}}}]": (
        "campus-voice:campuses[0].auth.jwt.audiences is []: it must be a list with at least one audience, because a "
        "token that the issuer made for another service would open this one. Write the audience under which this "
        "service is registered with the issuer."
    ),
    "campuses: [{id: n, auth: {external: {namespace: login, service: s, port: 0}}}]": (
        "campus-voice:campuses[0].auth.external.port is 0: it must be a whole number from 1 to 65535, because TCP has "
        "no other ports. Write the port of the Service."
    ),
    "campuses: [{id: n, routes: images}]": (
        "campus-voice:campuses[0].routes is 'images': it must be a list of routes, because each leads to one "
        "application. Write them like `[{prefix: /images, services: [{name: images, port: 8080}]}]`."
    ),
    "campuses: [{id: n, routes: [{prefix: images, services: [{name: a}]}]}]": (
        "campus-voice:campuses[0].routes[0].prefix is 'images': it must be a path that begins with / and does not end "
        "with it, because requests are told apart by the beginning of their path. Write it like /images."
    ),
    "campuses: [{id: n, routes: [{prefix: /images, services: images}]}]": (
        "campus-voice:campuses[0].routes[0].services is 'images': it must be a list of Services, because a "
        "route leads somewhere. Write them like `[{name: images, port: 8080}]`."
    ),
    "campuses: [{id: n, routes: [{prefix: /images, services: [{name: a, weight: 101}]}]}]": (
        "campus-voice:campuses[0].routes[0].services[0].weight is 101: it must be a whole number from 0 to 100, because "
        "requests are shared out in this proportion. Leave it out to share evenly."
    ),
    "campuses: [{id: n, routes: [{prefix: /a, headers: b, services: [{name: a}]}]}]": (
        "campus-voice:campuses[0].routes[0].headers is 'b': it must be a list of headers, because all of them have to "
        "fit. Write them like `[{name: X-Canary, exact: yes}]`."
    ),
    "image: Some Image": (
        "campus-voice:image is 'Some Image': it must be the reference of a container image, because the nodes "
        "pull it by that name. Write registry/name:tag, better with @sha256:<digest>."
    ),
    "model: {}": (
        "campus-voice:model.hub is missing: exactly one of claim, hub, url has to be given, because it says where "
        "the model comes from. Write {hub: {}} for the release's own model, {url: {address, revision}} for a "
        "mirror, or {claim} for a volume that holds it."
    ),
    "model: {hub: {revision: main}}": (
        "campus-voice:model.hub.revision is 'main': it must be a commit, 40 hexadecimal digits, because a branch "
        "or a tag moves, and then nobody has reviewed what runs. Write the commit that the hub shows in the "
        "repository's history, in quotes."
    ),
    "model: {hub: {repository: school/own}}": (
        "campus-voice:model.hub.revision is missing: it has to be given beside a repository of your own, because "
        "the release pins a revision of its own repository only. Write the commit that you have reviewed."
    ),
    'model: {hub: {endpoint: "https://me:secret@mirror.example.org"}}': (
        "campus-voice:model.hub.endpoint is 'https://me:secret@mirror.example.org': it must be an http:// or "
        "https:// address without user, query or fragment, because the fetch asks there, and logs show the "
        "address. Write it like https://mirror.example.org/models; a token goes into tokenSecret."
    ),
    "model: big": (
        "campus-voice:model is 'big': it must be a block with one of the keys claim, hub, url, because the "
        "model's files are on a volume, on which they are already or are fetched. Write `model: {hub: {}}` to "
        "fetch the release's own, or name the PersistentVolumeClaim that holds them, as in `model: {claim: "
        "cosyvoice-model}`."
    ),
    "acme: {email: nobody}": (
        "campus-voice:acme.email is 'nobody': it must be an e-mail address, because the certificate authority "
        "writes there when a certificate is about to run out. Write the address of a mailbox that somebody "
        "reads."
    ),
    "acme: {email: a@example.org, server: 'http://ca.example.org'}": (
        "campus-voice:acme.server is 'http://ca.example.org': it must be an https:// address, because the "
        "account's key is only as safe as the connection. Write the directory URL that the authority's "
        "documentation names."
    ),
    "acme: true": (
        "campus-voice:acme is True: it must be a block with the key email, because a public authority wants an "
        "account. Write `acme: {email: <address>}`, or leave it out for an authority of the gateway's own."
    ),
    "manifests: ''": (
        "campus-voice:manifests is '': it must be the path of a folder, because the upstream manifests are "
        "read from there. Write a path from the project's folder, or leave it out to fetch the pinned release."
    ),
    "gatewayImages: newest": (
        "campus-voice:gatewayImages is 'newest': it must be a block with the keys contour, envoy or both, because each "
        "names the image of one program. Write `gatewayImages: {envoy: <image>}`, or leave it out for the pinned "
        "releases."
    ),
    "longestRequestSeconds: 5": (
        "campus-voice:longestRequestSeconds is 5: it must be a whole number of seconds from 30 to 3600, "
        "because no sentence takes longer, and a roll-out waits that long for the last one. Leave it out for "
        "600."
    ),
    "nodeSelector: {gpu: true}": (
        "campus-voice:nodeSelector.gpu is True: it must be a block of label names with values that are text, "
        "because the scheduler compares labels as text. Quote values that YAML would read as something else, "
        'as in "true".'
    ),
    "runtimeClass: N_V": (
        "campus-voice:runtimeClass is 'N_V': it must be the name of a Kubernetes object, because Kubernetes "
        "accepts lower-case letters, digits, hyphens and dots only. Write the name that kubectl shows."
    ),
    "gpuResource: gpu": (
        "campus-voice:gpuResource is 'gpu': it must be the name of an extended resource, because the scheduler "
        "finds nodes with GPUs by it. Write the name that the node's status shows, such as nvidia.com/gpu."
    ),
    "exposure: magic": (
        "campus-voice:exposure is 'magic': it must be one of hostPort, hostNetwork, loadBalancer, nodePort, "
        "because it decides how the world reaches the gateway. Leave it out for hostPort."
    ),
    "edge: {tolerations: [{effect: Never}]}": (
        "campus-voice:edge.tolerations[0].effect is 'Never': it must be one of NoSchedule, PreferNoSchedule, "
        "NoExecute, because taints have no other effects. Leave it out for every effect."
    ),
    "issuers: [{name: staging, kind: letsencrypt}]": (
        "campus-voice:issuers[0].kind is 'letsencrypt': it must be one of ownCa, selfSigned, acme, existing, because "
        "it decides who signs. Write existing for a ClusterIssuer that is already in the cluster."
    ),
    "edge: {drainDelaySeconds: 601}": (
        "campus-voice:edge.drainDelaySeconds is 601: it must be a whole number of seconds from 0 to 600, because a "
        "stopping Envoy serves on until the load balancer has seen that it stops. Write the interval of the load "
        "balancer's health checks times its threshold, or leave it out."
    ),
    "certManager: helm": (
        "campus-voice:certManager is 'helm': it must be one of existing, install, because certificates come from "
        "cert-manager, wherever that comes from. Leave it out for existing."
    ),
    "server: someoneElses": (
        "campus-voice:server is 'someoneElses': it must be one of campusVoice, thirdParty, because another server is "
        "started, asked and guarded in another way. Leave it out for campusVoice."
    ),
    "resources: {cpuLimit: 2}": (
        "campus-voice:resources.cpuLimit is 2: it must be a Kubernetes quantity of CPUs, in quotes, because it is the "
        'computing power of one speech pod. Write it like "2" or 500m.'
    ),
    "command: bash run.sh": (
        "campus-voice:command is 'bash run.sh': it must be a list of texts, because each becomes one argument, and no "
        "shell takes them apart. Write it like [bash, run.sh]."
    ),
    "egress: [{network: hub.example.org}]": (
        "campus-voice:egress[0].network is 'hub.example.org': it must be a network in CIDR notation, without host "
        "bits, because NetworkPolicies know no host names. Write a network such as 198.51.100.0/24, or 0.0.0.0/0 for "
        "everywhere."
    ),
    "outputsTtlDays: -1": (
        "campus-voice:outputsTtlDays is -1: it must be a whole number of days from 0 to 3650, because recordings hold "
        "what somebody wrote, and older ones are deleted. Leave it out for 30; 0 keeps them all."
    ),
    "environment: test": (
        "campus-voice:environment is 'test': it must be one of dev, prod, because it decides whether every "
        "campus has to state who may come. Leave it out: the stack named dev is dev, every other one is prod."
    ),
    "gpuresource: nvidia.com/gpu": (
        "campus-voice:gpuresource is 'nvidia.com/gpu': it is not a setting here, because a misspelt key would "
        f"otherwise be passed over in silence. Write gpuResource if that is meant.\n{ALL_SETTINGS}"
    ),
    "edge.addresses: [192.0.2.10]": (
        "campus-voice:edge.addresses is ['192.0.2.10']: it is not a setting here, because a misspelt key would "
        "otherwise be passed over in silence. Write it as a block, `campus-voice:edge: {addresses: ...}`.\n"
        f"{ALL_SETTINGS}"
    ),
    "model.hub.revision: abc": (
        "campus-voice:model.hub.revision is 'abc': it is not a setting here, because a misspelt key would otherwise be "
        "passed over in silence. Write it as a block, `campus-voice:model: {hub: {revision: ...}}`.\n"
        f"{ALL_SETTINGS}"
    ),
    "schoolHours: []": (
        "campus-voice:schoolHours is []: it is not a setting here, because a misspelt key would otherwise be passed "
        f"over in silence. It belongs below campus-voice:scaling.\n{ALL_SETTINGS}"
    ),
    "nodes: 3": (
        "campus-voice:nodes is 3: it is not a setting here, because a misspelt key would otherwise be passed over in "
        f"silence. Remove it.\n{ALL_SETTINGS}"
    ),
    "frameAncestors: []": (
        "campus-voice:frameAncestors is []: it is not a setting here, because a misspelt key would otherwise be passed "
        f"over in silence. It belongs below campus-voice:campuses[].\n{ALL_SETTINGS}"
    ),
    "campuses: [{id: north, auth.jwt: {}}]": (
        "campus-voice:campuses[0].auth.jwt is {}: it is not a setting here, because a misspelt key would "
        "otherwise be passed over in silence. Write it as a block, `auth: {jwt: ...}`; the settings here are allowFrom, "
        "audibleLabel, auth, certificateSecret, circuitBreakers, denyFrom, frameAncestors, id, issuer, limits, "
        "minimumTls, name, ownStack, public, routes, voiceCloning."
    ),
    "kubernetes:namespace: voice": (
        "kubernetes:namespace is 'voice': it is not a setting here, because a misspelt key would otherwise be "
        "passed over in silence. Remove it.\n"
        "The settings that begin with kubernetes: are context, kubeconfig, renderYamlToDirectory."
    ),
}


@pytest.mark.parametrize("line", MESSAGES)
def test_one_wrong_setting_is_told_with_its_line_value_rule_and_way_out(folder: Folder, line: str) -> None:
    lines = [f"{key}: {value}" for key, value in SMALLEST.items() if not line.startswith(f"{key}:")]
    told = folder.refusal("\n".join([line, *lines]), "dev")
    assert told == (
        f"1 setting of stack dev cannot work; nothing was changed:\n  Pulumi.dev.yaml:2: {MESSAGES[line]}"
    ), "the message names file, line, key, value, rule, reason and way out"


def test_the_settings_that_there_are_are_told_once_below_all_that_are_none(folder: Folder) -> None:
    lines = [f"{key}: {value}" for key, value in SMALLEST.items()]
    told = folder.refusal("\n".join(["edge.addresses: []", "colour: red", *lines]), "dev").splitlines()
    assert told[0].startswith("2 settings of stack dev cannot work"), "each is a problem of its own"
    assert told[3:] == [ALL_SETTINGS], "and the long list comes last"


def test_what_is_missing_is_told_all_at_once(folder: Folder) -> None:
    assert folder.refusal("campuses: [{name: North}]", "dev") == (
        "4 settings of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:2: campus-voice:campuses[0].id is missing: it must be at most 20 lower-case letters, "
        "digits and inner hyphens, starting with a letter, because it becomes the first part of the campus's "
        "host name and part of its Kubernetes names. Write an id such as north or west-2.\n"
        "  Pulumi.dev.yaml: campus-voice:gpus is missing: it must be a whole number from 0 to 16, because every "
        "speech pod asks one node for that many GPUs, and Kubernetes hands them out whole. Write 0 to speak on the CPU, "
        "1 for one GPU, or 1 with gpuResource naming a part of a GPU, such as nvidia.com/mig-1g.10gb or "
        "nvidia.com/gpu.shared.\n"
        "  Pulumi.dev.yaml: campus-voice:storage is missing: it must be a Kubernetes quantity of bytes with its "
        "unit, because it is the size of a volume. Write a size such as 20Gi.\n"
        "  Pulumi.dev.yaml: campus-voice:domain is missing: it must be a domain name in lower case, without "
        "scheme, port or wildcard, because every campus is served at https://<campus>.<domain>. Write a domain "
        "whose subdomains point at the gateway, such as voice.example.org."
    )


def test_a_campus_stack_names_the_platforms_stack_in_full(folder: Folder) -> None:
    told = folder.refusal("platform: prod\ncampus: {id: west}\ngpus: 0\nstorage: 1Gi", "campus-west")
    assert told == (
        "1 setting of stack campus-west cannot work; nothing was changed:\n"
        "  Pulumi.campus-west.yaml:2: campus-voice:platform is 'prod': it must be the full name of a stack, "
        "because the campus is attached to the gateway of that stack. Write <organization>/campus-voice/<stack>, "
        "with the word organization on a backend of your own."
    )


def test_a_campus_stack_serves_exactly_one_campus(folder: Folder) -> None:
    told = folder.refusal("platform: o/campus-voice/prod\ncampus: west\ngpus: 0\nstorage: 1Gi", "campus-west")
    assert told == (
        "1 setting of stack campus-west cannot work; nothing was changed:\n"
        "  Pulumi.campus-west.yaml:3: campus-voice:campus is 'west': it must be a block with the key id, because "
        "the stack serves exactly one campus. Write `campus: {id: <campus>}`."
    )


def test_a_value_from_an_environment_is_said_to_come_from_there(folder: Folder) -> None:
    given = folder.given("domain: voice.example.org\nstorage: 1Gi", "dev")
    told = folder.refusal(replace(given, values={**given.values, "campus-voice:gpus": "-1"}))
    assert told.splitlines()[1].startswith("  environments of dev: campus-voice:gpus is -1:"), told


def test_a_secret_is_refused_without_being_shown(folder: Folder) -> None:
    given = folder.given("domain: Hidden.example.org\ngpus: 0\nstorage: 1Gi", "dev")
    told = folder.refusal(replace(given, secrets=frozenset({"campus-voice:domain"})))
    assert "Hidden" not in told, "the value of a secret is never printed"
    assert told.splitlines()[2] == (
        "  Pulumi.dev.yaml:2: campus-voice:domain is '(a secret, not shown)': it must not be a secret, because "
        "it appears in clear in the cluster's objects and in names that everybody sees. Set it again without "
        "--secret."
    )


def test_a_campus_stack_deletes_its_data_by_a_setting_of_its_own(folder: Folder) -> None:
    campus = "campus: {id: west, deleteData: true}"
    told = folder.refusal(f"platform: o/campus-voice/prod\n{campus}\ngpus: 0\nstorage: 1Gi", "campus-west")
    assert told == (
        "1 setting of stack campus-west cannot work; nothing was changed:\n"
        "  Pulumi.campus-west.yaml:3: campus-voice:campus.deleteData is True: it is a setting of the whole stack, "
        "because the volumes are the backend's. Write `campus-voice:deleteData: true` in this file instead."
    )
