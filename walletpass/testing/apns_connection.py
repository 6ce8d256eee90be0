"""One HTTP/2 connection to the fake APNs: bytes in, whole requests out, answers back."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from walletpass.testing.apns_rules import Reply, Rules, Sender

_LARGEST = 64 * 1024


@dataclass(eq=False, kw_only=True)
class Connection(asyncio.Protocol):
    """
    One client.

    Attributes:
        rules: Judges its requests.
        streams: How many it may have open at once.
        answer: Told of each whole request: connection, stream, headers, body.
        opened: Told when it begins and ends.
        sender: Who the client proved to be.
    """

    rules: Rules
    streams: int
    answer: Callable[[Connection, int, list[tuple[str, str]], bytes], None]
    opened: Callable[[Connection, bool], None]
    sender: Sender = field(default_factory=Sender)
    _transport: asyncio.Transport | None = None
    _requests: dict[int, tuple[list[tuple[str, str]], bytearray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        wanted = {SettingCodes.MAX_CONCURRENT_STREAMS: self.streams}
        self._h2.local_settings = Settings(client=False, initial_values=wanted)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TLS handshake is over."""
        self._transport = cast(asyncio.Transport, transport)  # what create_server gives; uvloop's is no subclass
        certificate = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if certificate is not None:
            self.sender.topic = _pass_type(certificate)
        self._h2.initiate_connection()
        self._flush()
        self.opened(self, True)

    def connection_lost(self, _: Exception | None) -> None:
        """The client has gone."""
        self._transport = None
        self.opened(self, False)

    def data_received(self, data: bytes) -> None:
        """Some bytes of the client."""
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            self._flush()
            self.abort()
            return
        for event in events:
            if isinstance(event, RequestReceived):
                headers = [(str(name), str(value)) for name, value in event.headers]
                self._requests[event.stream_id] = headers, bytearray()
            elif isinstance(event, DataReceived):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if event.stream_id in self._requests and len(self._requests[event.stream_id][1]) < _LARGEST:
                    self._requests[event.stream_id][1].extend(event.data)
            elif isinstance(event, StreamReset):
                self._requests.pop(event.stream_id, None)
            elif isinstance(event, StreamEnded) and event.stream_id in self._requests:
                headers, body = self._requests.pop(event.stream_id)
                self.answer(self, event.stream_id, headers, bytes(body))
        self._flush()

    def reply(self, stream: int, apns_id: str, reply: Reply) -> None:
        """Answer one request; nothing happens when its stream or the connection has gone."""
        body = b""
        if reply.reason:
            told = {"reason": reply.reason, "timestamp": reply.timestamp}
            body = json.dumps({name: value for name, value in told.items() if value is not None}).encode()
        headers = [(":status", str(reply.status)), ("apns-id", apns_id or str(uuid.uuid4()).upper())]
        try:
            self._h2.send_headers(stream, headers, end_stream=not body)
            if body:
                self._h2.send_data(stream, body, end_stream=True)
        except ProtocolError:
            return
        self._flush()

    def reset(self, stream: int) -> None:
        """Reset a stream instead of answering."""
        try:
            self._h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        except ProtocolError:
            return
        self._flush()

    def go_away(self) -> None:
        """Say that nothing more is taken here, and close."""
        if self._transport is not None:
            self._h2.close_connection(ErrorCodes.NO_ERROR, additional_data=b'{"reason":"Shutdown"}')
            self._flush()
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._h2.data_to_send())


def _pass_type(certificate: bytes) -> str:
    from cryptography.x509 import load_der_x509_certificate

    from walletpass.apple.oids import USER_ID

    found = load_der_x509_certificate(certificate).subject.get_attributes_for_oid(USER_ID)
    return str(found[0].value) if found else ""
