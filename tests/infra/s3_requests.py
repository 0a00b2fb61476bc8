"""What a line of the server's log asked of S3, as IAM sees it: the action, the ARN and the conditions it is judged by."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from iam_evaluation import Request

_LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<target>/\S+) HTTP/1\.1"')
# Terraform's and the tests' own settings of a bucket, which no job asks for
_KEY_ACTIONS = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}


def read_requests(log, *, bucket):
    """The requests on one bucket's objects, each once, in their order."""
    found = {}
    for line in log.splitlines():
        matched = _LINE.search(line)
        if matched and matched["target"].startswith(f"/{bucket}"):
            request = read_request(matched["method"], matched["target"])
            found[request.action, request.resource, tuple(request.context.items())] = request
    return list(found.values())


def read_request(method, target):
    """One request; raises ValueError for what no policy of ours speaks of."""
    parts = urlsplit(target)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    query = parse_qs(parts.query, keep_blank_values=True)
    arn = f"arn:aws:s3:::{bucket}"
    if not key:
        if method == "GET" and not query.keys() - {
            "list-type",
            "prefix",
            "delimiter",
            "max-keys",
            "encoding-type",
            "continuation-token",
            "start-after",
        }:
            return Request("s3:ListBucket", arn, {"s3:prefix": query.get("prefix", [""])[0]})
        if method == "HEAD":
            return Request("s3:ListBucket", arn, {"s3:prefix": ""})
        message = f"{method} {target}: a request on the bucket itself that isn't known here"
        raise ValueError(message)
    if "uploadId" in query and method == "DELETE":
        return Request("s3:AbortMultipartUpload", f"{arn}/{key}")
    if method == "POST":  # the parts of a large object
        return Request("s3:PutObject", f"{arn}/{key}")
    return Request(_KEY_ACTIONS[method], f"{arn}/{key}")
