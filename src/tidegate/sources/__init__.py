"""Files become typed values: every problem at once, with file and line."""
