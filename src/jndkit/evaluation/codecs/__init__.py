"""How many bytes each codec takes for what viewers see, in files that were written, read back and looked at."""
