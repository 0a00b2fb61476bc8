import boto3

from credit_default.adapters.storage.open_storage import open_storage


def test_page_in_a_bucket_is_shown_by_a_browser_and_not_saved_as_a_file(s3_uri, s3_environment):
    storage = open_storage(s3_uri)
    names = ("index.html", "static/room.css", "static/charts.js", "rows.parquet")
    for name in names:
        storage.write_object(name, b"x")

    bucket, _, prefix = s3_uri.removeprefix("s3://").partition("/")
    client = boto3.client("s3", endpoint_url=s3_environment)
    kinds = [
        client.head_object(Bucket=bucket, Key=f"{prefix}/{name}")["ContentType"] for name in names
    ]
    client.close()

    assert kinds[:3] == [
        "text/html; charset=utf-8",
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
    ]
    assert "text" not in kinds[3]
