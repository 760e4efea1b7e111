"""Any application that answers HTTP, behind the gateway."""
