"""The settings a simulated station keeps, in the shape of OCPP 1.6 and of 2.0.1."""

from dataclasses import dataclass
from typing import Any

SECRET_KEYS = frozenset({"AuthorizationKey", "BasicAuthPassword"})
DEFAULT_MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import"
DEFAULT_INTERVAL_S = 300


@dataclass(slots=True)
class Setting:
    """One value and whether the platform may change it."""

    value: str
    is_readonly: bool = False

    @property
    def as_int(self) -> int:
        """The value as a number, 0 when it is none."""
        return int(self.value) if self.value.isdecimal() else 0


class Settings16:
    """Configuration keys of OCPP 1.6."""

    def __init__(self, key: str, *, connectors: int, shows_key: bool) -> None:
        self._shows_key = shows_key
        self.keys = {
            "AuthorizeRemoteTxRequests": Setting("false"),
            "ClockAlignedDataInterval": Setting("0"),
            "ConnectionTimeOut": Setting("60"),
            "GetConfigurationMaxKeys": Setting("50", is_readonly=True),
            "HeartbeatInterval": Setting("300"),
            "LocalPreAuthorize": Setting("false"),
            "MeterValuesSampledData": Setting(DEFAULT_MEASURANDS),
            "MeterValueSampleInterval": Setting(str(DEFAULT_INTERVAL_S)),
            "NumberOfConnectors": Setting(str(connectors), is_readonly=True),
            "StopTransactionOnEVSideDisconnect": Setting("true"),
            "StopTxnSampledData": Setting(""),
            "SupportedFeatureProfiles": Setting("Core,RemoteTrigger", is_readonly=True),
            "WebSocketPingInterval": Setting("0"),
            "AuthorizationKey": Setting(key),
        }

    def change(self, key: str, value: str) -> str:
        """Change a key; the status OCPP 1.6 wants in the answer."""
        setting = self.keys.get(key)
        if setting is None:
            return "NotSupported"
        if setting.is_readonly or (key.endswith("Interval") and not value.isdecimal()):
            return "Rejected"
        setting.value = value
        return "Accepted"

    def list_keys(self, wanted: list[str]) -> dict[str, Any]:
        """The payload of a GetConfiguration answer; every key when none is named."""
        names = wanted or list(self.keys)
        known = [name for name in names if name in self.keys]
        unknown = [name for name in names if name not in self.keys]
        rows = [self._row(name, self.keys[name]) for name in known]
        return {"configurationKey": rows, **({"unknownKey": unknown} if unknown else {})}

    def _row(self, name: str, setting: Setting) -> dict[str, Any]:
        row: dict[str, Any] = {"key": name, "readonly": setting.is_readonly}
        if name not in SECRET_KEYS or self._shows_key:
            row["value"] = setting.value
        return row


class Settings201:
    """The device model of OCPP 2.0.1: variables by component."""

    def __init__(self, key: str, *, vendor: str, model: str) -> None:
        self.variables = {
            ("AlignedDataCtrlr", "Interval"): Setting("0"),
            ("AuthCtrlr", "Enabled"): Setting("true"),
            ("ChargingStation", "Model"): Setting(model, is_readonly=True),
            ("ChargingStation", "VendorName"): Setting(vendor, is_readonly=True),
            ("OCPPCommCtrlr", "HeartbeatInterval"): Setting("300"),
            ("SampledDataCtrlr", "Enabled"): Setting("true"),
            ("SampledDataCtrlr", "TxEndedInterval"): Setting("0"),
            ("SampledDataCtrlr", "TxEndedMeasurands"): Setting("Energy.Active.Import.Register"),
            ("SampledDataCtrlr", "TxStartedMeasurands"): Setting("Energy.Active.Import.Register"),
            ("SampledDataCtrlr", "TxUpdatedInterval"): Setting(str(DEFAULT_INTERVAL_S)),
            ("SampledDataCtrlr", "TxUpdatedMeasurands"): Setting(DEFAULT_MEASURANDS),
            ("SecurityCtrlr", "BasicAuthPassword"): Setting(key),
            ("TxCtrlr", "EVConnectionTimeOut"): Setting("60"),
            ("TxCtrlr", "TxStartPoint"): Setting("PowerPathClosed"),
            ("TxCtrlr", "TxStopPoint"): Setting("EVConnected"),
        }

    def find(self, component: str, variable: str) -> Setting:
        """One variable. Raises KeyError when the station has none of that name."""
        return self.variables[component, variable]

    def measurands(self, moment: str) -> list[str]:
        """What to sample at `Started`, `Updated` or `Ended`."""
        return split_list(self.find("SampledDataCtrlr", f"Tx{moment}Measurands").value)

    def get(self, row: dict[str, Any]) -> dict[str, Any]:
        """One getVariableResult."""
        status, setting = self._look_up(row)
        if setting is not None and row["variable"]["name"] in SECRET_KEYS:
            status, setting = "Rejected", None
        value = {} if setting is None else {"attributeValue": setting.value}
        return {**self._target(row, status), **value}

    def set(self, row: dict[str, Any]) -> dict[str, Any]:
        """One setVariableResult."""
        status, setting = self._look_up(row)
        if setting is not None and setting.is_readonly:
            status = "Rejected"
        elif setting is not None:
            setting.value = row["attributeValue"]
        return self._target(row, status)

    def report_rows(self) -> list[dict[str, Any]]:
        """Every variable as reportData of a NotifyReport."""
        return [self._report_row(*names, setting) for names, setting in self.variables.items()]

    def _look_up(self, row: dict[str, Any]) -> tuple[str, Setting | None]:
        component, variable = row["component"]["name"], row["variable"]["name"]
        if row.get("attributeType", "Actual") != "Actual":
            return "NotSupportedAttributeType", None
        if component not in {known for known, _ in self.variables}:
            return "UnknownComponent", None
        setting = self.variables.get((component, variable))
        return ("UnknownVariable", None) if setting is None else ("Accepted", setting)

    def _target(self, row: dict[str, Any], status: str) -> dict[str, Any]:
        target = {"component": row["component"], "variable": row["variable"]}
        return {"attributeStatus": status, "attributeType": "Actual", **target}

    def _report_row(self, component: str, variable: str, setting: Setting) -> dict[str, Any]:
        attribute: dict[str, Any] = {
            "mutability": "ReadOnly" if setting.is_readonly else "ReadWrite"
        }
        if variable in SECRET_KEYS:
            attribute = {"mutability": "WriteOnly"}
        elif setting.value:
            attribute["value"] = setting.value
        return {
            "component": {"name": component},
            "variable": {"name": variable},
            "variableAttribute": [attribute],
        }


def split_list(text: str) -> list[str]:
    """The entries of a comma-separated setting."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]
