"""A name server on loopback that changes its mind, and a resolver that asks it over UDP."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import socketserver
import struct
import threading

A, AAAA = 1, 28


class NameServer:
    """Answers each name with its answers one after the other, the last for ever; time to live 0."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.asked: list[str] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, back = self.request
                back.sendto(outer.answer(data), self.client_address)

        self.server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = self.server.server_address
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, query: bytes) -> bytes:
        """The answer to a query with one question of type A; both families come in it."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += query[at] + 1
        name = ".".join(labels).lower()
        self.asked.append(name)
        answers = self.names.get(name, [[]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        records = b""
        for text in found:
            address = ipaddress.ip_address(text)
            kind = A if address.version == 4 else AAAA
            records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(address.packed)) + address.packed
        head = query[:2] + struct.pack(">HHHHH", 0x8180 if found else 0x8183, 1, len(found), 0, 0)
        return head + query[12 : at + 5] + records

    async def resolve(self, host: str, port: int) -> list[str]:
        """In place of `sora_kit.media.addresses.resolve`: asks over the network, each time anew."""
        return await asyncio.to_thread(self.look_up, host)

    def look_up(self, host: str) -> list[str]:
        """One real query."""
        name = b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
        query = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", A, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            asking.sendto(query, self.address)
            reply = asking.recv(4096)
        found, at = [], len(query)
        for _ in range(struct.unpack(">H", reply[6:8])[0]):
            kind, _, _, size = struct.unpack(">HHIH", reply[at + 2 : at + 12])
            data = reply[at + 12 : at + 12 + size]
            found.append(str(ipaddress.ip_address(data)))
            assert kind in (A, AAAA)
            at += 12 + size
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
