"""The public price list of a station: what charging costs there now and as far ahead as known."""
