"""The three-way merge, matching and the field rules: pure, arrays and frames in and out."""
