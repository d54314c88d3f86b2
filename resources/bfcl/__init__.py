"""The Berkeley Function-Calling Leaderboard's package, in an environment of its own."""
