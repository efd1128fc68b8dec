"""A client that is told over a WebSocket what to fetch by HTTP.

    notify_client.py WS_URI HTTP_URI COUNT

Says "ready", fetches until it has COUNT messages, and says the seq of each as JSON.
"""
import asyncio
import json
import sys
from urllib.request import urlopen

import websockets

WS_URI, HTTP_URI, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])


async def main():
    async with websockets.connect(WS_URI) as socket:
        cursor = json.loads(await socket.recv())["next"]
        print("ready", flush=True)
        seqs = []
        while len(seqs) < COUNT:
            notice = json.loads(await socket.recv())
            while cursor != notice["next"]:
                with urlopen(f"{HTTP_URI}?after={cursor}") as answer:
                    batch = json.load(answer)
                seqs += [message["seq"] for message in batch["messages"]]
                cursor = batch["next"]
                if int(cursor.split(":")[1]) >= int(notice["next"].split(":")[1]):
                    break
    print(json.dumps(seqs), flush=True)


asyncio.run(main())
