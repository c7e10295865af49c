"""How well JND maps hide noise: how visible it is at equal noise, and how much of it hides at equal visibility."""
