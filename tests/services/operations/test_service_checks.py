import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from credit_default.errors import ServiceError
from credit_default.services.operations.service_checks import (
    DEPLOYMENTS,
    check_deployments,
    check_evidently,
    check_mlflow,
    check_prefect,
    check_queue,
)


class Server(HTTPServer):
    """Answers each path with the planted answer, when the request has the credentials."""

    answers: dict[str, object]
    authorization = ""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = (
            not self.server.authorization
            or self.headers["Authorization"] == self.server.authorization
        )
        found = self.path in self.server.answers
        self.send_response(200 if known and found else 404 if known else 401)
        self.end_headers()
        if known and found:
            self.wfile.write(json.dumps(self.server.answers[self.path]).encode())

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as server:
        server.answers = {}
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def served(server, make_wiring):
    """A server on which these deployments are registered and served."""

    def serve(*names, status="READY"):
        for name in names:
            server.answers[f"/api/deployments/name/{name}"] = {
                "status": status,
                "last_polled": "2026-01-02T03:04:05.6Z",
            }
        return make_wiring(prefect={"api_url": f"{server.url}/api"})

    return serve


def test_deployments_are_those_that_are_planned():
    from credit_default.flows.deployments.definitions import plan_deployments
    from credit_default.settings_sections import ScheduleSettings

    planned = {
        plan.entrypoint.rpartition(".")[2].replace("_", "-") + "/" + plan.name
        for plan in plan_deployments(ScheduleSettings())
        if plan.name != "listen"
    }

    assert set(DEPLOYMENTS) == planned


def test_deployments_that_are_served_are_ok_and_say_when_they_were_seen(served):
    verdict = check_deployments(served(*DEPLOYMENTS))

    assert (verdict.level, len(verdict.reasons)) == ("ok", 5)
    assert verdict.reasons[0] == "train/train: served, last seen 2026-01-02 03:04:05 UTC"


def test_deployment_that_is_missing_or_not_served_is_to_be_watched(served):
    served(*DEPLOYMENTS[:2])

    verdict = check_deployments(served(DEPLOYMENTS[2], status="NOT_READY"))

    assert verdict.level == "watch"
    assert verdict.reasons[0] == (
        "reconcile/reconcile, maintain/maintain not registered; monitor/monitor not served by any process: "
        "start `credit-default serve`"
    )
    assert verdict.passed


def test_error_about_refused_credentials_says_where_they_are(served, server):
    server.authorization = "Basic YWRtaW46cmlnaHQ="
    wiring = served(*DEPLOYMENTS)

    with pytest.raises(ServiceError, match=r"found status 401.*servers\.env"):
        check_prefect(wiring)


def test_servers_are_asked_with_the_credentials_of_the_environment(served, server, monkeypatch):
    server.authorization = "Basic YWRtaW46cmlnaHQ="
    server.answers["/api/admin/version"] = "3.8.8"
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:right")

    assert check_prefect(served()).reasons == (f"{server.url}/api: version 3.8.8",)


def test_error_about_an_mlflow_server_out_of_reach_says_what_to_do(make_wiring):
    with pytest.raises(
        ServiceError, match=r"MLflow at http://127.0.0.1:9/version.*unset MLFLOW_TRACKING_URI"
    ):
        check_mlflow(make_wiring(mlflow={"tracking_uri": "http://127.0.0.1:9"}))


def test_evidentlys_pages_are_reported_with_their_version_and_needed_only_where_they_are_named(
    make_wiring, server, monkeypatch
):
    server.answers["/api/version"] = {"version": "0.7.23"}
    reachable, unreachable = (
        make_wiring(stack={"evidently_port": server.server_port}),
        make_wiring(stack={"evidently_port": 9}),
    )

    assert check_evidently(reachable).reasons == (f"{server.url}: version 0.7.23",)
    assert "credit-default up" in check_evidently(unreachable).reasons[0]
    monkeypatch.setenv("EVIDENTLY_URL", "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="Evidently at"):
        check_evidently(reachable)


def test_queue_is_reported_with_how_many_messages_wait(make_wiring, s3_environment):
    import boto3

    client = boto3.client("sqs", region_name="eu-central-1")
    url = client.create_queue(QueueName="news")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="one")
    client.close()

    assert check_queue(make_wiring(listen={"queue_url": url})).reasons == (
        f"{url}: 1 messages wait",
    )
    assert "watched" in check_queue(make_wiring()).reasons[0]
