"""What an application in Python does, step by step; each step prints one line of JSON."""

import json
import queue
import sys

import socketio

url, token, transport = sys.argv[1:]
room = {"roomId": "blueprint-123"}
heard = queue.Queue()


def client():
    made = socketio.Client(reconnection=False)
    for name in ("room_joined", "message", "user_joined", "error", "pong"):
        made.on(name, lambda data=None, name=name: heard.put((name, data)))
    made.on("disconnect", lambda *_: heard.put(("disconnect", None)))
    return made


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def after(event):
    while True:
        name, data = heard.get(timeout=20)
        if name == event:
            return data


sio = client()
try:
    sio.connect(url, auth={"token": "wrong"}, transports=[transport])
    say("refused", False)
except socketio.exceptions.ConnectionError:
    say("refused", True)
    sio.disconnect()

heard = queue.Queue()
sio = client()
sio.connect(url, auth={"token": token}, transports=[transport])
say("transport", sio.transport())
sio.emit("join_room", room)
say("joined", after("room_joined"))
say("ack", sio.call("send_message", {**room, "message": "from Python"}, timeout=20))
say("own", after("message"))
say("others", after("message"))
sio.emit("ping")
after("pong")
say("refusal", sio.call("send_message", {"roomId": "elsewhere", "message": "m"}, timeout=20))
# More than a poll may carry at once.
for count in range(20):
    sio.emit("send_message", {**room, "message": f"m{count}"})
say("burst", [after("message")["message"] for count in range(20)])
sio.disconnect()
say("disconnected", after("disconnect"))
