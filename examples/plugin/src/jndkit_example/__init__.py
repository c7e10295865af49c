"""A JND model, a codec and an observer for jndkit."""
