"""Our own readers and writers of file formats: headers before anything is decoded, and what libraries cannot read."""
