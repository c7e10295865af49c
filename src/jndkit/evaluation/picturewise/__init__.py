"""How well the knob of a picture is foretold, against what the observer reads or what people answered."""
