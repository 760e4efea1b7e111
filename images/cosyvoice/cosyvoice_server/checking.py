"""What no engine can speak, whatever its model."""

from cosyvoice_server.engines.base import Mode, SpeechError, SpeechRequest

LONGEST_TEXT = 20_000
"""Characters in one request: about an hour of speech."""
SLOWEST, FASTEST = 0.5, 2.0


def check(request: SpeechRequest, *, cloning: bool) -> None:
    """Refuse a request that no engine can speak, whatever its model, or that may not imitate a voice.

    Raises:
        SpeechError: saying what is missing or out of range.
    """
    if not request.text.strip():
        message = "请输入要合成的文本。 Enter a text to speak."
        raise SpeechError(message)
    if len(request.text) > LONGEST_TEXT:
        message = f"文本有 {len(request.text)} 个字符，请分成几段。 The text has more than {LONGEST_TEXT} characters: split it."
        raise SpeechError(message)
    if not SLOWEST <= request.speed <= FASTEST:
        message = f"语速须在 {SLOWEST} 到 {FASTEST} 之间。 The speed must lie between {SLOWEST} and {FASTEST}."
        raise SpeechError(message)
    imitates = request.mode in (Mode.ZERO_SHOT, Mode.CROSS_LINGUAL)
    if (imitates or request.prompt_wav is not None) and not cloning:
        message = "本校区未开放声音复刻。 Voice cloning is switched off for this campus: choose a preset voice, without a recording."
        raise SpeechError(message)
    if imitates and request.prompt_wav is None:
        message = "prompt音频为空，您是否忘记输入prompt音频？ This mode needs a prompt recording: upload or record one."
        raise SpeechError(message)
    if request.prompt_wav is not None and not request.prompt_wav.is_file():
        message = "prompt音频已删除，请重新上传。 A recording is deleted after its use: upload or record it again."
        raise SpeechError(message)
    if request.mode is Mode.ZERO_SHOT and not request.prompt_text.strip():
        message = "prompt文本为空，您是否忘记输入prompt文本？ This mode needs the prompt recording's text: enter it."
        raise SpeechError(message)
    if request.mode is Mode.INSTRUCT and not request.instruction.strip():
        message = "您正在使用自然语言控制模式, 请输入instruct文本。 This mode needs an instruction: enter it."
        raise SpeechError(message)
