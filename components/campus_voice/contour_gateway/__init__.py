"""The gateway that every campus shares."""
