"""From recorded runs to what people read: leaderboards, paper tables, the regression gate."""
