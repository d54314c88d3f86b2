"""Scoring models on the Berkeley Function-Calling Leaderboard."""
