"""The asset graph that turns APIs into a verified function-calling data set."""
