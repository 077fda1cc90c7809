# Airflow with leadsync. Build: docker compose build
FROM apache/airflow:3.3.2-python3.12

COPY --chown=airflow:0 requirements.lock /opt/leadsync/requirements.lock
RUN pip install --no-cache-dir -r /opt/leadsync/requirements.lock

COPY --chown=airflow:0 . /opt/leadsync
RUN pip install --no-cache-dir --no-deps -e /opt/leadsync \
    && mkdir -p /opt/leadsync/data /opt/leadsync/staging

ENV AIRFLOW__CORE__DAGS_FOLDER=/opt/leadsync/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/leadsync/plugins \
    PYTHONPATH=/opt/leadsync/plugins/config
