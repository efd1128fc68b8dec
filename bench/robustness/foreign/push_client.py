"""A client of /messages over a WebSocket that knows nothing of this project but its protocol.

    push_client.py URI COUNT

Takes COUNT messages, leaves, waits for a line on stdin, comes back with its cursor, publishes one message
itself and takes COUNT + 1 more. Says "ready", "left" and in the end the seq of each message as JSON.
"""
import asyncio
import json
import sys

import websockets

URI, COUNT = sys.argv[1], int(sys.argv[2])


async def take(after, until, seqs, on_ready, publishes=None):
    uri = URI if after is None else f"{URI}?after={after}"
    async with websockets.connect(uri) as socket:
        if publishes is not None:
            await socket.send(json.dumps({"body": publishes}))
        cursor = after
        first = True
        while first or len(seqs) < until:
            delivery = json.loads(await socket.recv())
            if "published" in delivery:
                continue
            if "messages" in delivery:
                seqs += [message["seq"] for message in delivery["messages"]]
                cursor = delivery["next"]
            else:
                seqs.append(delivery["seq"])
                cursor = f"{cursor.split(':')[0]}:{delivery['seq']}"
            if first:
                on_ready()
                first = False
        return cursor


def say(text):
    print(text, flush=True)


async def main():
    seqs = []
    cursor = await take(None, COUNT, seqs, lambda: say("ready"))
    say("left")
    sys.stdin.readline()
    await take(cursor, 2 * COUNT + 1, seqs, lambda: None, publishes="from elsewhere")
    say(json.dumps(seqs))


asyncio.run(main())
