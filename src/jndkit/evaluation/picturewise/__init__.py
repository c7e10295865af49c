"""How well the knob of a picture is predicted, against what the observer reads or what people answered."""
