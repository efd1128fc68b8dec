"""A server that is polled, of Python's own library: HTTP/1.0, a connection per request.

    poll_server.py COUNT

Has COUNT messages to tell, at most two to an answer; whoever asks at the end of the log is held a moment.
Says its port.
"""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

COUNT = int(sys.argv[1])
HOLD_SECONDS = 0.2


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        after = parse_qs(urlsplit(self.path).query).get("after", [None])[0]
        seq = 0 if after is None else int(after.split(":")[1])
        last = seq if after is None else min(COUNT, seq + 2)
        if after is not None and last == seq:
            time.sleep(HOLD_SECONDS)
        batch = {
            "messages": [{"seq": n, "dueMs": 0, "body": f"message {n}"} for n in range(seq + 1, last + 1)],
            "next": f"py:{last}",
            "missed": 0,
        }
        if last < COUNT:
            batch["more"] = True
        body = json.dumps(batch).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
