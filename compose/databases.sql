-- Run once, by the first start of an empty PostgreSQL: a database for each server, and one for who may use MLflow.
CREATE DATABASE mlflow;
CREATE DATABASE mlflow_users;
CREATE DATABASE prefect;
