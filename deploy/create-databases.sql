-- leadsync's state lives beside Airflow's metadata, in a database of its own.
CREATE DATABASE leadsync;
