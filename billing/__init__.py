"""Money: tariffs, rating, ledger, invoices, payments."""
