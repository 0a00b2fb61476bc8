"""moto's server with what Terraform's provider asks for and moto leaves out; `python aws_server.py PORT`, on loopback only.

The provider reads back what it wrote, and would wait for ever or plan it again. moto doesn't tell of a queue's redrive allow
policy, forgets its policy when another attribute is set, and tells of replication without filters. It takes a prohibition under
a condition for one without: bucket policies are judged by the tests, not here. It can't delete a delete marker. AWS's own
managed policies are loaded by MOTO_IAM_LOAD_MANAGED_POLICIES, which whoever starts this sets.
"""

import json
import sys

from moto.backends import get_backend
from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.s3.responses import S3Response
from moto.server import main
from moto.sqs.models import Queue

get_attributes_of_moto = Queue.attributes.fget
set_attributes_of_moto = Queue._set_attributes
get_replication_of_moto = S3Response.get_bucket_replication


def get_attributes(queue):
    """A queue's attributes, its policies about dead letters as they were written; one that was emptied is gone."""
    told = {**get_attributes_of_moto(queue), "RedriveAllowPolicy": queue.redrive_allow_policy}
    if queue.redrive_policy:
        told["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"))
    return {name: value for name, value in told.items() if value not in (None, "")}


def set_attributes(queue, attributes, now=None):
    """Nothing; leaves the queue's policy as it was when `attributes` doesn't name one."""
    kept = {"Policy": queue.policy} if getattr(queue, "policy", None) else {}
    set_attributes_of_moto(queue, {**kept, **attributes}, now)


def get_replication(response):
    """A bucket's replication as it was written."""
    kept = response.backend.get_bucket_replication(response.bucket_name)
    if not kept:
        return get_replication_of_moto(response)
    response.data["Action"] = "GetBucketReplication"
    configuration = {"Role": kept["Role"], "Rules": kept["Rule"]}
    return response.serialized(ActionResult({"ReplicationConfiguration": configuration}))


def return_neutral(*_):
    """Neither allowed nor forbidden."""
    return PermissionResult.NEUTRAL


def dispose_delete_marker(*_, **__):
    """Nothing: a delete marker holds no file."""


if __name__ == "__main__":
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    Queue.attributes = property(get_attributes)
    Queue._set_attributes = set_attributes
    S3Response.get_bucket_replication = get_replication
    FakeBucket.get_permission = return_neutral
    FakeDeleteMarker.dispose = dispose_delete_marker
    for service in (
        "iam",
        "kms",
        "s3",
        "sqs",
        "sts",
    ):  # imported by two requests at once they would lock each other out
        get_backend(service)
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
