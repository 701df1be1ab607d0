"""The public status page of a site, put into words."""
