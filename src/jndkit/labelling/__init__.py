"""Labels for any pictures: how large and how visible every picture x codec x setting is, one line each."""
