"""Connects, and goes on connecting where the connection ends; prints how it stands, a line each."""

import sys

import socketio

url, token, transports = sys.argv[1:]
sio = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.2)
sio.on("connect", lambda: print("connected", flush=True))
sio.on("disconnect", lambda *_: print("disconnected", flush=True))
sio.connect(url, auth={"token": token}, transports=transports.split(","))
print(sio.transport(), flush=True)
sio.wait()
