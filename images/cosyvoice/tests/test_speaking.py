"""What a student hears from the real server, and what is kept of it."""

import httpx
import pytest
from gradio_client import Client
from speech_process import NORTH, SpeechServer, decoded, recording
from teachers import CONSENT, enrolled, permitted, withdrawn

CHINESE = "收到好友寄来的礼物。"
ENGLISH = "Please read 314."


@pytest.mark.parametrize("voice", ["中文女", "英文男"], ids=["chinese woman", "english man"])
@pytest.mark.parametrize(("text", "shortest", "longest"), [(CHINESE, 1.5, 5.0), (ENGLISH, 1.0, 5.0)], ids=["chinese", "english"])
def test_each_voice_reads_chinese_and_english_aloud(server: SpeechServer, voice: str, text: str, shortest: float, longest: float) -> None:
    before = server.recordings("north")

    events = server.hear(text, sft_dropdown=voice)

    assert events[-1][0] == "complete", f"the reply ends well, not with {events[-1]}"
    (kept,) = set(server.recordings("north")) - set(before)
    sound = recording(kept)
    assert sound.rate == 24_000, "recordings have CosyVoice's sample rate"
    assert shortest < sound.seconds < longest, "the recording is as long as reading the sentence takes"
    assert 0.02 < sound.loudness < 0.4, "the recording is neither silent nor distorted"


def test_a_streamed_reply_brings_one_chunk_for_each_sentence_and_plays_as_long_as_the_recording(server: SpeechServer) -> None:
    before = server.recordings("north")

    events = server.hear("一句。两句！Is 3.14?")

    chunks = [data[0] for name, data in events if name == "generating"]
    assert len(chunks) == 3, "each sentence is one chunk, and the point in 3.14 ends none"
    assert chunks[0]["path"].endswith("playlist.m3u8"), "the reply is a playlist, as CosyVoice's web page gives"
    whole = chunks[0]["path"].replace("playlist.m3u8", "playlist-file")
    played = decoded(httpx.get(f"{server.url}/gradio_api/stream/{whole}", headers=NORTH).content)
    (kept,) = set(server.recordings("north")) - set(before)
    assert played.seconds == pytest.approx(recording(kept).seconds, abs=0.3), "nothing is lost between the engine and the player"
    assert played.loudness == pytest.approx(recording(kept).loudness, rel=0.1), "the player is as loud as the recording"


def test_a_faster_voice_takes_less_time(server: SpeechServer) -> None:
    before = server.recordings("speedy")
    for speed in (1.0, 2.0):
        server.hear("Reading takes time.", {"X-Campus-Id": "speedy"}, stream=False, speed=speed)

    plain, fast = (
        recording(path).seconds for path in sorted(set(server.recordings("speedy")) - set(before), key=lambda p: p.stat().st_mtime)
    )
    assert fast < 0.75 * plain, "twice the speed is clearly shorter"


def test_a_reply_is_kept_under_the_campus_that_asked(server: SpeechServer) -> None:
    server.hear("南校区。", {"X-Campus-Id": "south"})
    server.hear("南校区。", {"X-Campus-Id": "south"})

    kept = server.recordings("south")
    assert len(kept) == 2, "two replies of one second are two recordings"
    assert server.metric('cosyvoice_requests_total{campus="south",mode="preset",outcome="spoken"}') == 2.0, "each reply is counted once"
    assert server.metric('cosyvoice_audio_seconds_total{campus="south",mode="preset"}') == pytest.approx(
        sum(recording(path).seconds for path in kept), abs=0.01
    ), "the seconds counted are the seconds kept"
    assert server.metric('cosyvoice_first_audio_seconds_count{campus="south",mode="preset"}') == 2.0, "the wait for sound is measured"


def test_a_server_that_has_spoken_has_written_nothing_but_recordings_and_called_nobody(server: SpeechServer) -> None:
    server.hear("你好。")

    written = {path.relative_to(server.folder).parts[0] for path in server.folder.rglob("*") if path.is_file()}
    assert written <= {"log", "outputs", "tmp"}, "no library leaves a device id or a cache in the home folder"
    assert server.strangers() == [], "nobody but the listeners is connected to it"


def test_the_standard_client_finds_cosyvoices_endpoints_and_arguments(server: SpeechServer) -> None:
    with httpx.Client() as plain:
        page = plain.get(server.url, headers=NORTH).text
    assert "https://fonts." not in page, "the page makes no browser ask a font service"

    client = Client(server.url, headers=NORTH, verbose=False, download_files=False)
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]

    assert list(endpoints) == ["/generate_seed", "/generate_audio", "/change_instruction"], "endpoints are upstream's, in its order"
    assert [parameter["parameter_name"] for parameter in endpoints["/generate_audio"]["parameters"]] == [
        "tts_text", "mode_checkbox_group", "sft_dropdown", "prompt_text", "prompt_wav_upload", "prompt_wav_record", "instruct_text",
        "seed", "stream", "speed",
    ], "arguments are upstream's, in its order"  # fmt: skip
    assert client.predict("自然语言控制", api_name="/change_instruction").startswith("1. 选择预训练音色"), "a mode's steps are told"
    assert 1 <= client.predict(api_name="/generate_seed")["value"] <= 100_000_000, "a seed is drawn"


def test_a_teachers_voice_speaks_here_in_the_preset_voice_that_stands_in_for_it(server: SpeechServer) -> None:
    assert enrolled(server).status_code == 201, "the teacher enrols"
    before = set(server.recordings("north"))

    events = server.hear(CHINESE, permitted(server), sft_dropdown=CONSENT["name"])

    assert events[-1][0] == "complete", f"the voice speaks, not {events[-1]}"
    (kept,) = set(server.recordings("north")) - before
    assert 1.5 < recording(kept).seconds < 5.0, "all of the text"
    assert 0.02 < recording(kept).loudness < 0.4, "aloud"
    assert withdrawn(server, CONSENT["name"]).status_code == 204, "the teacher takes it back"
