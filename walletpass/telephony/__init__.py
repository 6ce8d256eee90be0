"""
The telephony module's end: commands to a carrier, what the carrier tells, and cards that mirror a line.

    await mirror(carrier, platform, lines)        # line.suspended moves the card of the line, line.reactivated back

Carriers here keep files, log or remember. Real ones come with the module, behind `CarrierAdapter`.
"""

from walletpass.telephony.carrier import CarrierAdapter
from walletpass.telephony.carriers import FileCarrier, LogCarrier, MemoryCarrier
from walletpass.telephony.lines import CarrierEvent, CdrFile, CommandAck, CommandKind, LineCommand
from walletpass.telephony.mirror import Lines, LineSwitch, mirror

__all__ = [
    "CarrierAdapter",
    "CarrierEvent",
    "CdrFile",
    "CommandAck",
    "CommandKind",
    "FileCarrier",
    "LineCommand",
    "LineSwitch",
    "Lines",
    "LogCarrier",
    "MemoryCarrier",
    "mirror",
]
