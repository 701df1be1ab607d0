"""My charging: what one driver sees of themselves at one operator."""
