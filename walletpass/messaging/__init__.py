"""
The messaging module's end: how messages leave and come in, and what hooks make of that.

    transports = {"sms": FileTransport(Path("messages"))}
    on_event = LinkSender(platform, addresses, transports, words)        # pass.issued: its link goes out
    await transports["sms"].start(Inlet(platform))                      # a text comes in: sms.mo fires a Trigger

Transports here write files, log or remember. SMPP, SMTP and providers come with the module; they are joined by
`register`, or by entry points of the group `walletpass.transports`.
"""

from walletpass.messaging.file_transport import FileTransport
from walletpass.messaging.inlet import Inlet
from walletpass.messaging.link_sender import Address, Addresses, LinkSender
from walletpass.messaging.log_transport import LogTransport
from walletpass.messaging.memory_transport import MemoryTransport
from walletpass.messaging.messages import Accepted, Content, Inbound, Later, Outbound, Receipt, Refused, SubmitResult
from walletpass.messaging.registry import register, transport
from walletpass.messaging.transport import InboundSink, Transport

__all__ = [
    "Accepted",
    "Address",
    "Addresses",
    "Content",
    "FileTransport",
    "Inbound",
    "InboundSink",
    "Inlet",
    "Later",
    "LinkSender",
    "LogTransport",
    "MemoryTransport",
    "Outbound",
    "Receipt",
    "Refused",
    "SubmitResult",
    "Transport",
    "register",
    "transport",
]
