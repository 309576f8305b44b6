"""The web side: streams, access rights, routes."""
