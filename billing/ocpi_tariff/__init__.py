"""Tariffs as OCPI Tariff objects, 2.2.1 and 2.3.0, and back; what OCPI cannot say is named."""

from billing.ocpi_tariff.reading import from_ocpi
from billing.ocpi_tariff.words import ocpi_json
from billing.ocpi_tariff.writing import NothingForOcpi, OcpiTariff, to_ocpi

__all__ = ["NothingForOcpi", "OcpiTariff", "from_ocpi", "ocpi_json", "to_ocpi"]
