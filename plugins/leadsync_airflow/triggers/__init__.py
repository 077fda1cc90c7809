"""Triggers that start DAG runs when something waits."""
