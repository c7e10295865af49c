"""Published measures of the difference between two pictures, beside which our observers are held."""
