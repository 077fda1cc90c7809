"""Pages and endpoints under ``/leadsync`` of Airflow's API server; one router per subject."""
