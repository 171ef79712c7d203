"""Selection: juries, conflicts, reviews, rankings, and the decisions that are published together."""
