"""A speaking process that answers each connection with its process id, and does what the connection tells it to do."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

from cosyvoice_server.heartbeat import Heartbeat, inherited

if Path(sys.argv[1]).exists():
    sys.exit(f"{sys.argv[1]} is there")  # as a model file that has been damaged

given = inherited(os.environ)
ailments: list[str] = []
Heartbeat(given.heartbeat).begin(lambda: "".join(ailments))
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
listener = socket.socket(fileno=given.listener)
while True:
    connection, _ = listener.accept()
    with connection:
        match connection.recv(100).decode().split():
            case ["who"]:
                connection.sendall(str(os.getpid()).encode())
            case ["end", code]:
                os._exit(int(code))
            case ["freeze"]:
                os.kill(os.getpid(), signal.SIGSTOP)
            case ["fall-ill", ailment]:
                ailments.append(ailment)
                threading.Event().wait()
