"""Gradio's page, without the tracebacks that it prints of requests."""

import logging
from typing import Any

import gradio as gr

from cosyvoice_server.discretion import without_message
from cosyvoice_server.places import TURN

LOG = logging.getLogger(__name__)


class DiscreetBlocks(gr.Blocks):
    """Blocks whose failed calls are logged without their messages: those of Gradio's own checks quote the arguments."""

    async def process_api(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        """Call a function of the page.

        Raises:
            gr.Error: whatever went wrong, in a form that Gradio does not print.
        """
        try:
            return await super().process_api(*arguments, **named)
        except gr.Error as error:
            leave_queue(named.get("request"))
            error.print_exception = False
            raise
        except Exception as error:
            leave_queue(named.get("request"))
            LOG.error("a call failed: %s", without_message(error))
            message = "请求未能完成，请检查后再试。 The request could not be answered: check it and try again."
            raise gr.Error(message, print_exception=False) from None


def leave_queue(request: Any) -> None:
    """Give back the place of a request whose arguments never came as far as its function."""
    turn = request.request.scope.get(TURN) if isinstance(request, gr.Request) and request.request else None
    if turn:
        turn.abandon()
