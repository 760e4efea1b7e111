"""What a campus asks for beyond its share, its rules or its rights is refused, and no other campus notices.

Each refusal stands beside a request that differs in one thing, and is answered.
"""

import http.client
import json
import select
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from operations.outputs import parse_outputs
from operations.voice import replies
from operations.voice.connection import LOOPBACK
from operations.voice.gradio import ENDPOINT
from tests.cluster.framework import Kubectl, StackUnderTest, wait_until
from tests.cluster.neighbours import MIRROR, MIRROR_PAGE, MIRROR_PORT, Browser, Neighbours
from tests.cluster.poller import PAGE
from tests.cluster.town import UPLOAD, Town, build

GIB = 1024**3
CHUNK = bytes(64 * 1024)
LITTLE = 32 * 1024 * 1024
"""Beyond what the buffers of two connections hold, and far below an upload."""

LEFT_OUT_SECONDS = 30
IMITATE = "3s极速复刻"
VOICES = "/v1/voices"
NOT_SERVED = "Not served here."
"""The gateway's own words; the mirror behind it says something else about a page that it does not have."""

INNER = (
    "/monitoring",
    "/monitoring/summary",
    "//monitoring",
    "/gradio_api/../monitoring",
    "/metrics",
    "/%6Detrics",
    "/healthz",
    "/readyz",
    "/gradio_api/proxy=http://a/",
    "/gradio_api/proxy%3Dhttp://a/",
    "/gradio_api/%70roxy=http://a/",
    "/gradio_api%2Fproxy=http://a/",
    "/gradio_api%2fupload",
    "/gradio_api/file=http://a/",
    "/gradio_api/file%3Dhttp://a/",
    "/gradio_api/vibe-edit",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/process_recording",
    "/gradio_api/profiling",
    "/gradio_api/dev/reload",
)


@pytest.fixture(scope="module")
def town(
    deployed: StackUnderTest, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    outputs = parse_outputs(deployed.name, deployed.outputs())
    with Neighbours(kubectl, outputs, tmp_path_factory.mktemp("town")) as neighbours:
        yield build(neighbours, kubectl)


def test_gradios_inner_paths_end_at_the_gateway(town: Town) -> None:
    served = [path for path in INNER if NOT_SERVED not in town.pair.ask(path).body]
    assert served == [], f"the gateway answers these itself, however they are spelt: {served}"
    for path in ("/gradio_api/file=/tmp/a", "/gradio_api/info", "/page?next=/gradio_api%2Fproxy=a"):
        assert NOT_SERVED not in town.pair.ask(path).body, f"{path} is the application's to answer"


def test_headers_that_the_gateway_vouches_for_cannot_be_claimed(town: Town) -> None:
    claimed = {
        "X-Campus-Audible-Label": "enabled",
        "X-Campus-Voice-Cloning": "enabled",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "elsewhere.example.org",
        "X-Gradio-Server": "https://elsewhere.example.org",
        "X-Of-No-Meaning": "arrives",
    }
    heard = dict(
        line.split("=", 1) for line in town.pair.ask(MIRROR_PAGE, claimed).body.splitlines() if "=" in line
    )
    assert heard.get("HTTP_X_OF_NO_MEANING") == "arrives", f"the mirror tells what it is sent: {heard}"
    assert heard["HTTP_X_CAMPUS_VOICE_CLONING"] == "disabled", "consent is the platform's to give"
    assert heard["HTTP_X_CAMPUS_AUDIBLE_LABEL"] == "disabled", "what is said first is the platform's to say"
    assert heard["HTTP_X_CAMPUS_ID"] == "pair", "and so is the name"
    assert "203.0.113.9" not in heard["HTTP_X_FORWARDED_FOR"], "nobody chooses an address"
    assert not {"HTTP_X_FORWARDED_HOST", "HTTP_X_GRADIO_SERVER"} & set(heard), f"nor another host: {heard}"


def test_the_web_is_encrypted_and_nothing_else(town: Town) -> None:
    plain = http.client.HTTPConnection(LOOPBACK, timeout=30)
    for method, path in (("GET", "/?a=b"), ("POST", UPLOAD)):
        plain.request(method, path, headers={"Host": town.north.host})
        answer = plain.getresponse()
        answer.read()
        where = answer.getheader("location")
        assert (answer.status, where) == (301, f"https://{town.north.host}{path}"), f"{method} is redirected"
    plain.close()

    hsts = "strict-transport-security"
    assert hsts not in town.north.ask(PAGE).headers, (
        "who trusts an authority of our own today would be locked out when it is gone"
    )
    assert town.bounded.ask(PAGE).headers[hsts] == "max-age=60", "where it is asked for it is sent"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_no_campus_speaks_an_older_tls_than_it_says(town: Town) -> None:
    def spoken(browser: Browser, version: ssl.TLSVersion) -> str | None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # OpenSSL offers versions before 1.2 only at this level.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with browser.connect(context=context) as connection:
            return connection.version()

    assert spoken(town.north, ssl.TLSVersion.TLSv1_2) == "TLSv1.2", "1.2 is what the default still speaks"
    assert spoken(town.bounded, ssl.TLSVersion.TLSv1_3) == "TLSv1.3", "1.3 is spoken everywhere"
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        spoken(town.bounded, ssl.TLSVersion.TLSv1_2)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        spoken(town.north, ssl.TLSVersion.TLSv1_1)


def test_a_flood_of_one_campus_is_held_back_and_the_other_answers_every_request(town: Town) -> None:
    """Both are served by the same pod."""
    over = threading.Event()
    floods: list[Counter[tuple[int, str | None]]] = [Counter() for _ in range(3)]

    def flood(told: Counter[tuple[int, str | None]]) -> None:
        while not over.is_set():
            answer = town.bounded.ask(PAGE)
            told[answer.status, answer.headers.get("retry-after")] += 1

    flooding = [threading.Thread(target=flood, args=[told]) for told in floods]
    for thread in flooding:
        thread.start()
    statuses = Counter(town.north.ask(PAGE).status for _ in range(100))
    over.set()
    for thread in flooding:
        thread.join()

    told = sum(floods, Counter())
    assert set(told) == {(200, None), (429, "1")}, f"who asks too often is told when to come back: {told}"
    assert told[429, "1"] > told[200, None], f"the campus floods: {told}"
    assert statuses == {200: 100}, f"the other campus loses no request: {statuses}"


def upload(browser: Browser, path: str, framing: str) -> tuple[int, int]:
    """Send a gibibyte until an answer comes: its status, and how many bytes had been sent by then."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {browser.host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    )
    piece = CHUNK if framing.startswith("Content-Length") else b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
    sent = 0
    with browser.connect() as connection:
        connection.sendall(f"{head}{framing}\r\n\r\n".encode())
        connection.setblocking(False)
        heard, waiting = b"", piece
        while b"\r\n" not in heard and sent < GIB:
            try:
                heard += connection.recv(4096)
            except ssl.SSLWantReadError:
                readable, writable = [connection], [connection] if waiting else []
                ready = select.select(readable, writable, [], 30)
                assert any(ready), f"{path} is answered, or takes more, within 30 s; {sent} bytes were sent"
            try:
                written = connection.send(waiting)
            except (ssl.SSLWantWriteError, BrokenPipeError, ConnectionResetError):
                continue
            sent += written
            waiting = waiting[written:] or piece
    assert heard, f"{path} took a gibibyte and said nothing"
    return int(heard.split()[1]), sent


def test_an_upload_of_a_gibibyte_is_refused_long_before_its_end(town: Town) -> None:
    length, chunked = f"Content-Length: {GIB}", "Transfer-Encoding: chunked"
    before, restarts = town.memory(), town.restarts()
    refusals = {
        ("at the gateway", 403): (town.north, UPLOAD, length),
        ("by the server", 413): (town.cloning, UPLOAD, length),
        ("by the server, which wants to be told the length", 411): (town.cloning, UPLOAD, chunked),
        ("by the server, where no file belongs", 413): (town.north, ENDPOINT, length),
    }
    for (where, status), attempt in refusals.items():
        answered, sent = upload(*attempt)
        assert answered == status, f"it is refused {where}"
        assert sent < LITTLE, f"it is refused {where} before it fills anything; {sent} bytes were sent"
    grown = {name: held - before[name] for name, held in town.memory().items()}
    assert max(grown.values()) < LITTLE, (
        f"neither keeps anything of them, but they grew by so many bytes: {grown}"
    )
    assert town.restarts() == restarts, "nothing was killed"


def form(voice: bytes) -> tuple[dict[str, str], bytes]:
    """A recording as a page sends it."""
    head = 'Content-Disposition: form-data; name="files"; filename="voice.wav"\r\nContent-Type: audio/wav'
    body = b"--x\r\n" + head.encode() + b"\r\n\r\n" + voice + b"\r\n--x--\r\n"
    return {"Content-Type": "multipart/form-data; boundary=x"}, body


def test_recordings_are_refused_at_the_gateway_and_again_by_the_server(town: Town) -> None:
    headers, body = form(b"RIFF")
    claimed = {**headers, "X-Campus-Voice-Cloning": "enabled"}
    north, careless, cloning = (
        browser.ask(UPLOAD, claimed, body=body) for browser in (town.north, town.careless, town.cloning)
    )
    assert cloning.status == 200, f"where it is allowed the same recording arrives: {cloning}"
    assert north.status == 403, f"the gateway refuses it: {north}"
    assert careless.status == 403, f"the server would refuse it too: {careless}"
    assert json.loads(careless.body)["detail"] in north.body, "both in the same words"
    assert north.body != careless.body, "the first was not the server's answer"


def test_voices_are_enrolled_only_where_cloning_is_on_and_listed_everywhere(town: Town) -> None:
    headers, body = form(b"RIFF")
    for method, path in (("POST", VOICES), ("DELETE", f"{VOICES}/Li")):
        off, on = (
            browser.ask(path, headers, body=body, method=method) for browser in (town.north, town.cloning)
        )
        assert off.status == 403, f"the gateway lets nobody through here: {off}"
        assert off.body.startswith("This campus has voice cloning switched off"), f"and says why: {off}"
        assert "enrolment key" in on.body, f"elsewhere the server asks for the campus's key: {on}"
    listed = town.north.ask(VOICES)
    assert "voice cloning" not in listed.body, f"a list is everybody's to read: {listed}"


def imitated(browser: Browser) -> str:
    """The last event of a request to imitate the voice of a recording."""
    data = [*replies.synthesis_arguments("One.", "英文女")]
    data[1] = IMITATE
    headers = {"Content-Type": "application/json", "X-Campus-Voice-Cloning": "enabled"}
    asked = browser.ask(ENDPOINT, headers, body=json.dumps({"data": data}).encode())
    assert asked.status == 200, f"the request is queued: {asked}"
    return browser.ask(f"{ENDPOINT}/{json.loads(asked.body)['event_id']}", timeout=120).body


def test_a_campus_without_voice_cloning_imitates_nobody(town: Town) -> None:
    off, on = imitated(town.north), imitated(town.cloning)
    assert "Voice cloning is switched off" in off, f"the server says why: {off}"
    assert "Voice cloning is switched off" not in on, f"where it is on, another reason stands: {on}"


def cookie(browser: Browser, pod: str) -> dict[str, str]:
    """The cookie of somebody whose session is on this pod."""

    def given() -> dict[str, str] | None:
        answer = browser.ask(MIRROR_PAGE)
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]} if answer.pod == pod else None

    return wait_until(given, deadline=60, what=f"somebody new is served by {pod}")


def test_a_session_stays_with_its_pod_and_a_stopped_pod_is_left_out(town: Town, kubectl: Kubectl) -> None:
    names = kubectl("-n", town.backend, "get", "pods", "-l", f"app={MIRROR}", "-o", "name").split()
    lasting, stopped = (name.removeprefix("pod/") for name in names)
    stays, leaves = cookie(town.pair, lasting), cookie(town.pair, stopped)
    for pod, session in ((lasting, stays), (stopped, leaves)):
        served = {town.pair.ask(MIRROR_PAGE, session).pod for _ in range(20)}
        assert served == {pod}, f"a session lives in one process: {served}"

    checked = f"cluster.{town.backend}_pair-ui_{MIRROR_PORT}.health_check.attempt"
    # At first Envoy asks once a minute, and each of the two pods four times when it has come to its pace.
    wait_until(lambda: town.envoy(checked) >= 8, deadline=180, what="Envoy asks both pods regularly")
    kubectl("-n", town.backend, "exec", stopped, "--", "sh", "-c", "kill -STOP $(cat /run/httpd)")
    began = asked = time.monotonic()
    moved = False
    while not moved and asked - began < 2 * LEFT_OUT_SECONDS:
        assert town.pair.ask(MIRROR_PAGE, stays).pod == lasting, "the other pod serves on"
        asked = time.monotonic()
        try:
            moved = town.pair.ask(MIRROR_PAGE, leaves, timeout=1).pod == lasting
        except TimeoutError:
            moved = False
    assert moved, "its sessions go on with the other pod"
    assert asked - began <= LEFT_OUT_SECONDS, f"after {asked - began:.1f} s"
