"""What is known of a whole picture in one codec: which setting its viewers need, predicted, searched and decided."""
