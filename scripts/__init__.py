"""The local stack behind ``make run`` and ``make down``: sandbox systems and Airflow."""
