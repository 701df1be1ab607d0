"""The books compared with Stripe's own record of the money, in both directions."""
