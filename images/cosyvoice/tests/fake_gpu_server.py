"""The whole server with the GPU engine, over the stand-in for CosyVoice's tree in the folder named by the first argument."""

import math
import os
import sys
from pathlib import Path

import fake_cosyvoice

from cosyvoice_server.__main__ import run
from cosyvoice_server.config import settings_from
from cosyvoice_server.container import alone
from cosyvoice_server.discretion import log_discreetly
from cosyvoice_server.engines import engine_for

if __name__ == "__main__":
    fake_cosyvoice.Model1.patience = math.inf  # here, the endless loop is endless
    sys.modules.update(fake_cosyvoice.modules(Path(sys.argv[1]), fake_cosyvoice.Gpu()))
    log_discreetly()
    settings = settings_from(os.environ)
    sys.exit(run(settings, engine_for(settings), alone(settings)))
