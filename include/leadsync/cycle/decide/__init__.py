"""From work to accepted writes: the merge, the rules, and the guards before both."""
