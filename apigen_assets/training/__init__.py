"""Training function-calling models on the released rows."""
