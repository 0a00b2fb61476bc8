"""moto's server with what Terraform's provider asks for and moto leaves out; `python aws_server.py PORT`, on loopback only.

A queue doesn't tell of its redrive allow policy there, and forgets its policy when another attribute is set; the provider
would wait for both for ever. AWS's own managed policies are loaded by MOTO_IAM_LOAD_MANAGED_POLICIES, which whoever starts
this sets.
"""

import sys

from moto.backends import get_backend
from moto.server import main
from moto.sqs.models import Queue

told_by_moto = Queue.attributes.fget
set_by_moto = Queue._set_attributes


def tell_attributes(queue):
    """A queue's attributes, and with them the policy that says which queues may send it their dead letters."""
    told = {**told_by_moto(queue), "RedriveAllowPolicy": queue.redrive_allow_policy}
    return {name: value for name, value in told.items() if value is not None}


def set_attributes(queue, attributes, now=None):
    """Nothing; leaves the queue's policy as it was when `attributes` doesn't name one."""
    kept = {"Policy": queue.policy} if getattr(queue, "policy", None) else {}
    set_by_moto(queue, {**kept, **attributes}, now)


if __name__ == "__main__":
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    Queue.attributes = property(tell_attributes)
    Queue._set_attributes = set_attributes
    for service in ("iam", "kms", "s3", "sqs", "sts"):  # imported by two requests at once they would lock each other out
        get_backend(service)
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
