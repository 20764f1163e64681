"""VoiceBench: the nine sets of its leaderboard, and the further ones."""
