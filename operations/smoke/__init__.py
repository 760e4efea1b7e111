"""The proof that every campus speaks: a fresh sentence, spoken, recognised, and seen in the gateway's log."""
