"""The textbook claims about batch norm, one file each."""
