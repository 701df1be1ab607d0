"""Invoices and credit notes as the seller's own documents."""
