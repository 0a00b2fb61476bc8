"""Send one request to port 1 of each host from every HTTP client that is used here, and print what each says.

A process of its own: `python http_clients.py HOST …`. The environment is prepared as a command does it. Where there is no
proxy on the way nothing answers there.
"""

import asyncio
import json
import os
import sys


def use_urllib(host):
    from credit_default.adapters.host.http_requests import open_url

    open_url(f"http://{host}:1/urllib", timeout_seconds=2)


def use_httpx(host):
    import httpx

    httpx.get(f"http://{host}:1/httpx", timeout=2).raise_for_status()


def use_requests(host):
    import requests

    requests.get(f"http://{host}:1/requests", timeout=2).raise_for_status()


def use_boto3(host):
    from credit_default.adapters.storage.s3_client import S3Connection, S3Policy

    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:1"
    S3Connection("boto3", S3Policy(attempt_count=1, connect_timeout_seconds=2)).call("head_bucket")


def use_deltalake(host):
    from deltalake import DeltaTable

    from credit_default.adapters.storage.s3_client import S3Connection, S3Policy

    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:1"
    policy = S3Policy(attempt_count=1, connect_timeout_seconds=2)
    options = {**S3Connection("deltalake", policy).options(), "max_retries": "0"}
    DeltaTable("s3://deltalake/table", storage_options=options)


def use_websockets(host):
    from prefect._internal.websockets import websocket_connect

    async def connect():
        async with websocket_connect(f"ws://{host}:1/websockets", open_timeout=2):
            pass

    asyncio.run(connect())


def use_apprise(host):
    import apprise

    sender = apprise.Apprise()
    sender.add(f"json://{host}:1/apprise")
    if not sender.notify(body="x"):
        raise OSError("not delivered")


def use_download(host):
    from credit_default.adapters.public_data.http_download import TransferLimits, download_file

    download_file(f"http://{host}:1/download", limits=TransferLimits(answer_seconds=5))


def say(use, host):
    try:
        use(host)
    except Exception as error:  # noqa: BLE001 - the test reads it
        return f"{type(error).__name__}: {error}"
    return "answered"


if __name__ == "__main__":
    from credit_default.settings import load_settings, prepare_network

    os.environ.update(
        AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="eu-central-1"
    )
    os.environ["PREFECT_HOME"] = os.environ.get("PREFECT_HOME", os.devnull)
    hooks = " ".join(f"json://{host}/hook" for host in sys.argv[1:])
    prepare_network(load_settings({"notify": {"urls": hooks}}).settings)
    clients = {name[4:]: use for name, use in list(globals().items()) if name.startswith("use_")}
    said = {host: {name: say(use, host) for name, use in clients.items()} for host in sys.argv[1:]}
    sys.stdout.write(json.dumps(said))
