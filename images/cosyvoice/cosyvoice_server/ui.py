"""The web page and its API: the endpoints, argument order and streaming reply of CosyVoice's own ``webui.py``."""

import html
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from cosyvoice_server.audio import wav
from cosyvoice_server.blocks import DiscreetBlocks
from cosyvoice_server.campus import caller_of
from cosyvoice_server.engines.base import Mode, SpeechError, SpeechRequest
from cosyvoice_server.labelled import labelled
from cosyvoice_server.listeners import Listeners
from cosyvoice_server.places import TURN
from cosyvoice_server.replies import StreamedReplies
from cosyvoice_server.speaker import Speaker
from cosyvoice_server.voices.speaking import Spoken
from cosyvoice_server.voices.store import VoiceStore

TITLE = "Campus Voice · 校园之声"
SPEAK = "generate_audio"
MOST_JOBS = 1000
"""Jobs that Gradio runs at once, nearly all of which wait for their turn: the campuses' own queues are the bound, not Gradio's."""
PROMPT_STEP = "1. 选择prompt音频文件，或录入prompt音频，注意不超过30s，若同时提供，优先选择prompt音频文件\n"
STEPS = {
    Mode.PRESET: "1. 选择预训练音色\n2. 点击生成音频按钮",
    Mode.ZERO_SHOT: PROMPT_STEP + "2. 输入prompt文本\n3. 点击生成音频按钮",
    Mode.CROSS_LINGUAL: PROMPT_STEP + "2. 点击生成音频按钮",
    Mode.INSTRUCT: "1. 选择预训练音色\n2. 输入instruct文本\n3. 点击生成音频按钮",
}
GREETING = "我是通义实验室语音团队全新推出的生成式语音大模型，提供舒适自然的语音合成能力。"


def generate_seed() -> Any:
    """Draw a seed from 1 to 100 000 000."""
    return gr.update(value=1 + secrets.randbelow(100_000_000))


def change_instruction(mode_checkbox_group: str) -> str:
    """Tell the steps of a mode."""
    return STEPS[Mode(mode_checkbox_group)]


def page(
    speaker: Speaker, listeners: Listeners, voices: VoiceStore, uploads_used: Callable[..., None], *, shared: bool
) -> tuple[gr.Blocks, StreamedReplies]:
    """Build the page for a loaded engine, and return it with the replies that it keeps in memory.

    ``voices`` are the teachers'; ``uploads_used`` is called with the paths of recordings whose request has ended.
    """
    blocks: gr.Blocks
    with DiscreetBlocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as blocks:
        replies = StreamedReplies(blocks)

        async def generate_audio(
            tts_text: str,
            mode_checkbox_group: str,
            sft_dropdown: str | None,
            prompt_text: str,
            prompt_wav_upload: str | None,
            prompt_wav_record: str | None,
            instruct_text: str,
            seed: float,
            stream: bool,
            speed: float,
            request: gr.Request,
        ) -> AsyncIterator[bytes]:
            prompt = prompt_wav_upload or prompt_wav_record
            asked = SpeechRequest(
                text=tts_text or "",
                mode=Mode(mode_checkbox_group),
                voice=sft_dropdown or "",
                prompt_text=prompt_text or "",
                prompt_wav=Path(prompt) if prompt else None,
                instruction=instruct_text or "",
                seed=int(seed or 0),
                stream=bool(stream),
                speed=1.0 if speed is None else float(speed),
            )
            session = request.session_hash or ""
            caller = caller_of(request.headers, shared=shared)
            turn = request.request.scope.get(TURN) if request.request else None
            spoken: Spoken

            def understood(as_what: Spoken) -> None:
                nonlocal spoken
                spoken = as_what
                replies.asked(session, spoken.voice_id)
                for notice in spoken.notices:
                    gr.Warning(notice)
                if spoken.consent:
                    gr.Info(html.escape(spoken.consent))

            chunks = speaker.speak(asked, caller, turn, understood=understood)
            with listeners.needed(session, LocalContext.event_id.get() or ""):
                try:
                    async for chunk in chunks:
                        yield wav(chunk, speaker.engine.sample_rate, spoken.label)
                except SpeechError as error:
                    raise gr.Error(str(error), print_exception=False) from None
                finally:
                    await chunks.aclose()
                    uploads_used(prompt_wav_upload, prompt_wav_record)

        sft = _controls(speaker.engine.voices(), generate_audio)

        def list_voices(request: gr.Request) -> Any:
            caller = caller_of(request.headers, shared=shared)
            return gr.update(choices=[*speaker.engine.voices(), *(voices.names(caller.campus) if caller.cloning else ())])

        blocks.load(list_voices, outputs=[sft], api_visibility="private", show_progress="hidden")
    blocks.max_threads = MOST_JOBS
    blocks.queue(max_size=None, default_concurrency_limit=None)
    return blocks, replies


def _controls(voices: tuple[str, ...], generate_audio: Callable[..., AsyncIterator[bytes]]) -> gr.Dropdown:
    """Lay out the controls, each with a label that a screen reader says, in the order a keyboard walks through them."""
    gr.Markdown(f"# {TITLE}\n请输入文本，选择推理模式，并按照步骤操作。 Enter a text, choose how it is spoken, and follow the steps.")
    gr.Markdown("[朗读室：逐句朗读一段文字](/read) · [Reading room: listen to a text sentence by sentence](/read)")
    tts_text = gr.Textbox(label="输入合成文本 · Text to speak", lines=4, value=GREETING)
    with gr.Row():
        mode = gr.Radio(list(Mode), value=Mode.PRESET.value, label="选择推理模式 · How the voice is chosen")
        steps = gr.Textbox(STEPS[Mode.PRESET], label="操作步骤 · Steps", interactive=False, lines=3)
    with gr.Row():
        sft = _voice_list(voices)
        stream = gr.Radio([("否 No", False), ("是 Yes", True)], value=False, label="是否流式推理 · Play while speaking")
        speed = gr.Number(1, label="速度调节(仅支持非流式推理) · Speed, from 0.5 to 2", minimum=0.5, maximum=2.0, step=0.1)
    with gr.Row():
        seed_button = gr.Button("\U0001f3b2 换一个随机种子 · New seed")
        seed = gr.Number(0, label="随机推理种子 · Random seed", precision=0)
    with gr.Accordion("复刻与自然语言控制 · Voice cloning and instructions", open=False):
        upload = gr.Audio(sources=["upload"], type="filepath", label="选择prompt音频文件，注意采样率不低于16khz · Prompt recording, a file")
        record = gr.Audio(sources=["microphone"], type="filepath", label="录制prompt音频文件 · Prompt recording, from the microphone")
        prompt_text = gr.Textbox(label="输入prompt文本 · What the prompt recording says", lines=1)
        instruct_text = gr.Textbox(label="输入instruct文本 · Instruction", lines=1)
    speak = gr.Button("生成音频 · Speak", variant="primary")
    output = labelled(gr.Audio(label="合成音频 · Speech", autoplay=True, streaming=True))
    seed_button.click(generate_seed, inputs=[], outputs=seed)
    inputs = [tts_text, mode, sft, prompt_text, upload, record, instruct_text, seed, stream, speed]
    speak.click(generate_audio, inputs=inputs, outputs=[output])
    mode.change(change_instruction, inputs=[mode], outputs=[steps])
    return sft


def _voice_list(voices: tuple[str, ...]) -> gr.Dropdown:
    """Make the list of voices, which takes every name: the campuses share the page, and each has other teachers."""
    made: Any = gr.Dropdown(list(voices), value=next(iter(voices), None), label="选择预训练音色 · Preset voice")
    made.preprocess = lambda payload: payload  # a subclass would have Gradio write a .pyi file beside this module
    listed: gr.Dropdown = made
    return listed
