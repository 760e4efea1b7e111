"""The speech server behind one campus or several."""
