"""How a text is cut into sentences and read out."""

from pathlib import Path

import pytest

from cosyvoice_server.engines.base import Mode, SpeechRequest
from cosyvoice_server.engines.kokoro import VOICES, KokoroEngine
from cosyvoice_server.phonemes import Phonemizer
from cosyvoice_server.text import LONGEST_CHINESE, Language, language_of, sentences, stretches

CHINESE, ENGLISH = Language.CHINESE, Language.ENGLISH


@pytest.fixture(scope="module")
def phonemizer() -> Phonemizer:
    return Phonemizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("Dr. Smith paid 3.14 dollars. Why?", ["Dr. Smith paid 3.14 dollars.", "Why?"]),
        ("一行\n两行", ["一行", "两行"]),
        ("……！", []),
    ],
    ids=["chinese", "quotes", "abbreviation and decimal", "lines", "nothing to say"],
)
def test_a_text_is_cut_where_a_reader_stops(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_sentence_without_an_end_is_cut_at_a_pause() -> None:
    text = "很长的话，" * 60

    pieces = sentences(text)

    assert "".join(pieces) == text, "no word is lost"
    assert all(len(piece) <= LONGEST_CHINESE and piece.endswith("，") for piece in pieces), "each piece is short and ends at a pause"


def test_english_words_inside_a_chinese_sentence_are_read_in_english() -> None:
    sentence = "请打开 Chrome 浏览器 2 次。"

    assert language_of(sentence, otherwise=ENGLISH) is CHINESE
    assert stretches(sentence, CHINESE) == [(CHINESE, "请打开 "), (ENGLISH, "Chrome"), (CHINESE, " 浏览器 2 次。")]
    assert language_of("314", otherwise=ENGLISH) is ENGLISH, "bare digits are read in the voice's own language"


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        (CHINESE, "共314页", "共三百一十四页"),
        (CHINESE, "2026年3月14日", "二零二六年三月十四日"),
        (CHINESE, "电话13800138000", "电话幺三八零零幺三八零零零"),
        (CHINESE, "占45%，约3.14", "占百分之四十五，约三点一四"),
        (CHINESE, "電話", "电话"),
        (ENGLISH, "314 pages", "three hundred fourteen pages"),
        (ENGLISH, "3.14", "three point one four"),
    ],
    ids=["count", "date", "telephone", "percentage", "traditional", "english count", "english decimal"],
)
def test_figures_are_read_as_words(phonemizer: Phonemizer, language: Language, written: str, said: str) -> None:
    without_stress = str.maketrans("", "", "ˈˌ ")
    sounds = [phonemizer.phonemes(language, text).translate(without_stress) for text in (written, said)]
    assert sounds[0] == sounds[1], f"{written} is read as {said}"


def test_a_cpu_server_says_that_it_cannot_clone_and_gives_a_recording_the_same_voice_each_time(tmp_path: Path) -> None:
    engine = KokoroEngine(tmp_path)
    chosen = set()
    for number in range(16):
        prompt = tmp_path / f"{number}.wav"
        prompt.write_bytes(bytes([number]))
        request = SpeechRequest("你好。", Mode.ZERO_SHOT, voice="中文女", prompt_text="你好。", prompt_wav=prompt)
        (notice,) = engine.notices(request)
        assert notice == engine.notices(request)[0], "the same recording always gets the same voice"
        assert notice.endswith("This server cannot imitate a voice: a preset voice speaks instead."), "and the person is told so"
        chosen |= {name for name in VOICES if f"“{name}”" in notice}

    assert len(chosen) > 1, "different recordings may get different voices"
    assert engine.notices(SpeechRequest("你好。", voice="中文女")) == [], "a preset voice is what was asked for"
    prompt.unlink()
    assert engine.notices(request) == [], "a recording that is gone is refused with a sentence of its own"
