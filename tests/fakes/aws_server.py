"""Run moto's server with what Terraform's provider needs and moto leaves out: `python aws_server.py PORT`, on loopback only.

The provider reads back what it wrote; where that is missing it waits for ever or plans the change again. moto does not return
a queue's redrive allow policy, forgets the queue's policy when another attribute is set, and returns replication without
filters. It treats a conditional prohibition as an unconditional one, so bucket policies are checked by the tests and not here.
It cannot delete a delete marker. AWS's own managed policies are loaded where MOTO_IAM_LOAD_MANAGED_POLICIES is set.
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
    """Return a queue's attributes, with its policies about dead letters as they were written, without empty ones."""
    attributes = {**get_attributes_of_moto(queue), "RedriveAllowPolicy": queue.redrive_allow_policy}
    if queue.redrive_policy:
        attributes["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"))
    return {name: value for name, value in attributes.items() if value not in (None, "")}


def set_attributes(queue, attributes, now=None):
    """Set a queue's attributes, and leave its policy as it was when `attributes` does not name one."""
    kept = {"Policy": queue.policy} if getattr(queue, "policy", None) else {}
    set_attributes_of_moto(queue, {**kept, **attributes}, now)


def get_replication(response):
    """Return a bucket's replication as it was written."""
    kept = response.backend.get_bucket_replication(response.bucket_name)
    if not kept:
        return get_replication_of_moto(response)
    response.data["Action"] = "GetBucketReplication"
    configuration = {"Role": kept["Role"], "Rules": kept["Rule"]}
    return response.serialized(ActionResult({"ReplicationConfiguration": configuration}))


def return_neutral(*_):
    """Return that a request is neither allowed nor forbidden."""
    return PermissionResult.NEUTRAL


def dispose_delete_marker(*_, **__):
    """Do nothing: a delete marker holds no file."""


if __name__ == "__main__":
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    Queue.attributes = property(get_attributes)
    Queue._set_attributes = set_attributes
    S3Response.get_bucket_replication = get_replication
    FakeBucket.get_permission = return_neutral
    FakeDeleteMarker.dispose = dispose_delete_marker
    # Imported by two requests at the same time they would deadlock.
    for service in ("iam", "kms", "s3", "sqs", "sts"):
        get_backend(service)
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
