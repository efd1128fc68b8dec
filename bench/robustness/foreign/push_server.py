"""A server of /messages over a WebSocket that knows nothing of this project but its protocol.

    push_server.py COUNT

Has COUNT messages to tell and cuts the connection after every third. Says its port.
"""
import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import websockets

COUNT = int(sys.argv[1])


def message(seq):
    return {"seq": seq, "dueMs": 0, "body": f"message {seq} – “é”"}


async def serve(socket):
    request = getattr(socket, "request", None)
    path = socket.path if request is None else request.path
    after = parse_qs(urlsplit(path).query).get("after", ["py:0"])[0]
    seq = int(after.split(":")[1])
    batch = [message(seq + 1)] if seq > 0 and seq < COUNT else []
    seq += len(batch)
    await socket.send(json.dumps({"messages": batch, "next": f"py:{seq}", "missed": 0}))
    for _ in range(3):
        if seq < COUNT:
            seq += 1
            await socket.send(json.dumps(message(seq)))
    if seq < COUNT:
        await socket.close(1012, "back in a moment")
    else:
        await socket.wait_closed()


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        print(list(server.sockets)[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
