"""The reading room: a page on which students have a text read to them, sentence by sentence."""
