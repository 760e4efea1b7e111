"""A client of the speech server's web interface, as a listener's browser would be."""
