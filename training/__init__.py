"""How the shipped weights are made: data recipes and training, no part of the installed package."""
