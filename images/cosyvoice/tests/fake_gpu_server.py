"""The whole server with the GPU engine, over the stand-in for CosyVoice's tree in the folder named by the first argument."""

import math
import sys
from pathlib import Path

import fake_cosyvoice

from cosyvoice_server.__main__ import main

if __name__ == "__main__":
    fake_cosyvoice.Model1.patience = math.inf  # here, the endless loop is endless
    sys.modules.update(fake_cosyvoice.modules(Path(sys.argv[1]), fake_cosyvoice.Gpu()))
    sys.exit(main())
