"""How well observers and measures agree with people: every one against every table of human answers."""
