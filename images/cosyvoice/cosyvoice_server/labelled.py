"""The label of the page's streamed replies: an ID3 tag before the first of their AAC, which Gradio makes of our WAV."""

from typing import Any

import gradio as gr

from cosyvoice_server.labels import id3_within


def labelled(component: gr.Audio) -> gr.Audio:
    """Have every stream of an audio component begin with the tag that its first chunk, a WAV file of ours, carries.

    HLS allows a tag at the start of a segment (https://www.rfc-editor.org/rfc/rfc8216#section-3.4). The methods are replaced on
    the instance because a subclass would have Gradio write a .pyi file beside this module.
    """
    audio: Any = component
    encode, flush, end = audio.stream_output, audio.flush_stream_output, audio.end_stream_output
    tags: dict[str, bytes] = {}

    def tagged(chunk: dict[str, Any] | None, stream: str) -> dict[str, Any] | None:
        return chunk and {**chunk, "data": tags.pop(stream, b"") + chunk["data"]}

    async def stream_output(value: Any, output_id: str, first_chunk: bool) -> tuple[dict[str, Any] | None, Any]:
        if first_chunk and isinstance(value, bytes):
            tags[output_id] = id3_within(value)
        chunk, file = await encode(value, output_id, first_chunk)
        return tagged(chunk, output_id), file

    async def flush_stream_output(output_id: str) -> dict[str, Any] | None:
        return tagged(await flush(output_id), output_id)

    def end_stream_output(output_id: str) -> None:
        tags.pop(output_id, None)
        end(output_id)

    audio.stream_output, audio.flush_stream_output, audio.end_stream_output = stream_output, flush_stream_output, end_stream_output
    return component
