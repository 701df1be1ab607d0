"""Writing billing: tariffs, charges, the books, invoices, and the way of money through Stripe."""
