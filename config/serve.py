"""The platform's web server: uvicorn with our options, and an end that loses no answer.

Run: python -m config.serve [--host 127.0.0.1] [--port 8000]
"""

from __future__ import annotations

import argparse
import socket

import uvicorn

from config.web import application, drain

# A larger message is cut off by the server itself; what OCPP may send is limited further inside.
LARGEST_MESSAGE_BYTES = 128 * 1024
PING_EVERY_S = 60.0
DRAINED_WITHIN_S = 2.0


class Server(uvicorn.Server):
    """Before uvicorn closes the sockets, each station gets the answer it waits for."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, finish what was begun, say goodbye."""
        for server in self.servers:
            server.close()
        await drain(DRAINED_WITHIN_S)
        await super().shutdown(sockets)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m config.serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    config = uvicorn.Config(
        application,
        host=options.host,
        port=options.port,
        loop="uvloop",
        ws="config.websocket:StationProtocol",
        ws_max_size=LARGEST_MESSAGE_BYTES,
        ws_ping_interval=PING_EVERY_S,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
        lifespan="off",
        access_log=False,
        # Whose word about addresses counts is said by OCPP_TRUSTED_PROXIES, not by uvicorn.
        proxy_headers=False,
    )
    Server(config).run()


if __name__ == "__main__":
    main()
