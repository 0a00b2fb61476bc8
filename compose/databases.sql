-- Run once, when an empty PostgreSQL starts for the first time: a database for each server, and one for MLflow's users.
CREATE DATABASE mlflow;
CREATE DATABASE mlflow_users;
CREATE DATABASE prefect;
