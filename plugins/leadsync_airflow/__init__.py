"""What belongs to Airflow: connection types with their hooks, DAG defaults, window resolution."""
