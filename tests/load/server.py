#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""server.py: a web server that misbehaves as its path asks, to try the load generator against.

Prints its port, then serves until it is killed. Paths: /ok, /header (the release as a header),
/connections (which connection it is, as the release), /method (GET or POST),
/stall (the whole server stands still for a second, once), /refuse (odd requests get 500), /missing,
/wrong, /drop (closed without an answer), /half (closed in the middle of one), /hang."""
import asyncio
import time

stalled = False
asked = connections = 0


def answer(status, body, length=None, header=""):
    length = len(body) if length is None else length
    return "HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%s" % (status, header, length, body)


async def reply(path, connection, method):
    """What to send, and whether to close the connection then."""
    global asked, stalled
    asked += 1
    if path == "/stall" and not stalled and asked == 50:
        stalled = True
        time.sleep(1)
    if path == "/hang":
        await asyncio.sleep(3600)
    if path == "/drop":
        return "", True
    if path == "/half":
        return answer("200 OK", "ok r1", length=100), True
    if path == "/refuse" and asked % 2:
        return answer("500 Internal Server Error", "oh"), False
    if path == "/missing":
        return answer("404 Not Found", "no"), False
    if path == "/wrong":
        return answer("200 OK", "something else"), False
    if path == "/connections":
        return answer("200 OK", "ok %d" % connection), False
    if path == "/method":
        return answer("200 OK", "ok " + method), False
    if path == "/header":
        return answer("200 OK", "ok body", header="x-slipway-release: r2\r\n"), False
    return answer("200 OK", "ok r1"), False


async def serve(reader, writer):
    global connections
    connections += 1
    mine = connections
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("POST"):
                await reader.readexactly(1000)
            text, close = await reply(head.split()[1], mine, head.split()[0])
            writer.write(text.encode())
            await writer.drain()
            if close or "keep-alive" not in head:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
