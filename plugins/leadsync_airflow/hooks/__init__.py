"""Airflow hooks of the two systems."""
