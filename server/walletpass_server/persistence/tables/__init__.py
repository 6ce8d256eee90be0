"""Every table. Columns are documented where they are declared."""

from walletpass_server.persistence.tables.access import ApiKeyRow, AuditRow
from walletpass_server.persistence.tables.clients import (
    AcceptanceRow,
    ClientRow,
    CredentialRequestRow,
    CredentialRow,
    PassTypeRow,
    TrafficRow,
    WalletSwitchRow,
)
from walletpass_server.persistence.tables.designs import AssetRow, MatrixModelRow, MatrixRow, ModelRow
from walletpass_server.persistence.tables.devices import DeviceLogRow, DeviceRow, RegistrationRow
from walletpass_server.persistence.tables.facts import DailyCountRow, DaySealRow, FactRow
from walletpass_server.persistence.tables.google import GoogleClassRow, GoogleObjectRow
from walletpass_server.persistence.tables.hooks import (
    ContactKeyRow,
    HolderContactRow,
    HookDeliveryRow,
    HookEndpointRow,
    HookEventRow,
)
from walletpass_server.persistence.tables.operations import OperationRow
from walletpass_server.persistence.tables.passes import PassRow, TokenRow, ValueHistoryRow
from walletpass_server.persistence.tables.server import ROW_IDS, CounterRow, EpochRow, WorkerRow
from walletpass_server.persistence.tables.work import (
    IdempotencyKeyRow,
    OutboxRow,
    RateRow,
    RunRow,
    TimerRow,
    UploadPartRow,
)

__all__ = [
    "ROW_IDS",
    "AcceptanceRow",
    "ApiKeyRow",
    "AssetRow",
    "AuditRow",
    "ClientRow",
    "ContactKeyRow",
    "CounterRow",
    "CredentialRequestRow",
    "CredentialRow",
    "DailyCountRow",
    "DaySealRow",
    "DeviceLogRow",
    "DeviceRow",
    "EpochRow",
    "FactRow",
    "GoogleClassRow",
    "GoogleObjectRow",
    "HolderContactRow",
    "HookDeliveryRow",
    "HookEndpointRow",
    "HookEventRow",
    "IdempotencyKeyRow",
    "MatrixModelRow",
    "MatrixRow",
    "ModelRow",
    "OperationRow",
    "OutboxRow",
    "PassRow",
    "PassTypeRow",
    "RateRow",
    "RegistrationRow",
    "RunRow",
    "TimerRow",
    "TokenRow",
    "TrafficRow",
    "UploadPartRow",
    "ValueHistoryRow",
    "WalletSwitchRow",
    "WorkerRow",
]
