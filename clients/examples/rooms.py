# Ada and Ben talk and edit a blueprint in one room, from Python (Debian's python3-socketio and python3-websocket).
# Run `npm start`, then: python3 clients/examples/rooms.py http://127.0.0.1:3001 TOKEN_OF_ADA TOKEN_OF_BEN
import queue
import sys
import time

import socketio

url, adas_token, bens_token = sys.argv[1:]
room = {"roomId": f"blueprint-{time.time_ns()}"}


class Person:
    """A client that puts what it hears in a queue: handlers run in another thread."""

    def __init__(self, token):
        self.heard = queue.Queue()
        self.sio = socketio.Client()
        for event in ("room_joined", "user_joined", "user_left", "message", "blueprint_update"):
            self.sio.on(event, lambda data, event=event: self.heard.put((event, data)))
        self.sio.connect(url, auth={"token": token}, transports=["websocket"])

    def next(self, wanted):
        while True:
            event, data = self.heard.get(timeout=60)
            if event == wanted:
                return data


ada, ben = Person(adas_token), Person(bens_token)
ada.sio.emit("join_room", room)
ada.next("room_joined")
ben.sio.emit("join_room", room)
print(f"Ben finds {len(ben.next('room_joined')['users'])} people in the room.")
print(f"Ada hears that {ada.next('user_joined')['userId']} has joined.")

# `call` waits for the answer: it is durable then.
answer = ada.sio.call("send_message", {**room, "message": "Hello from Python", "type": "comment"})
message = ben.next("message")
print(f"{message['userId']} says: {message['message']}")
print(f"It is stored, and has an id: {answer['ok'] and answer['id'] == message['id']}.")

changes = {"section": "security", "action": "update", "content": "Lock the doors."}
ben.sio.emit("blueprint_update", {**room, "blueprintId": "bp-1", "changes": changes})
update = ada.next("blueprint_update")
print(f"{update['userId']} does: {update['changes']['action']} {update['changes']['section']}.")

refusal = ben.sio.call("send_message", {"roomId": "elsewhere", "message": "Anybody here?"})
print(f"Where Ben is not, he is not heard: {refusal['code']}.")

ben.sio.disconnect()
print(f"Ada hears that {ada.next('user_left')['userId']} has left.")
ada.sio.disconnect()
