"""The connection to one S3 bucket: session, client, timeouts, retries, and errors translated into ours.

No other module of the storage uses boto3. Credentials, region and endpoint come from the usual AWS chain (variables,
profile, role; AWS_ENDPOINT_URL), which boto3 follows by itself. The client is opened at the first call, and again in a
forked process.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from credit_default.adapters.storage.s3_errors import translate_s3_error
from credit_default.addresses import is_on_this_machine
from credit_default.errors import InputError, ServiceError

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class S3Policy:
    """Timeouts and retries of requests to S3, and the sizes from which an object is sent or copied in parts.

    Attributes:
        attempt_count: Attempts of one request, the first included; botocore's standard mode waits in between.
        connect_timeout_seconds: How long a connection may take.
        read_timeout_seconds: How long S3 may stay silent.
        conflict_attempt_count: Attempts while other clients write the same object.
        longest_wait_seconds: The longest wait between those.
        part_byte_count: An object up to this size is sent in one piece; S3 takes parts of 5 MiB at least.
        copy_byte_count: An object up to this size is copied in one request; S3 takes 5 GiB at most.
        copy_part_byte_count: The size of a part of larger copies.
        page_object_count: Objects in one page of a listing; S3 gives 1,000 at most.
    """

    attempt_count: int = 5
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 30.0
    conflict_attempt_count: int = 8
    longest_wait_seconds: float = 2.0
    part_byte_count: int = 16 * _MIB
    copy_byte_count: int = 5 * 1024 * _MIB
    copy_part_byte_count: int = 512 * _MIB
    page_object_count: int = 1_000


DEFAULT_S3_POLICY = S3Policy()


class S3Connection:
    """One bucket's client, opened when first used; safe to share between threads."""

    def __init__(self, bucket: str, policy: S3Policy = DEFAULT_S3_POLICY) -> None:
        self.bucket, self.policy = bucket, policy
        self._lock = threading.Lock()
        self._process_id, self._region = 0, ""
        self._session: Any = None
        self._client: Any = None

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return S3's reply to one of its operations on this bucket, after the retries that the policy allows.

        Args:
            operation: The name of a method of boto3's S3 client.
            parameters: Its parameters without the bucket.

        Raises:
            CreditDefaultError: S3 refused or could not be reached; `s3_errors` has the kinds that a caller may catch.
        """
        with self._errors(parameters.get("Key", "")):
            reply: dict[str, Any] = getattr(self._open(), operation)(
                Bucket=self.bucket, **parameters
            )
            return reply

    def pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing, in S3's order. Arguments and errors are those of `call`."""
        with self._errors(""):
            pages = self._open().get_paginator(operation)
            size = {"PageSize": self.policy.page_object_count}
            yield from pages.paginate(Bucket=self.bucket, PaginationConfig=size, **parameters)

    def options(self) -> dict[str, str]:
        """Return the options by which an Arrow object store reaches this bucket, with credentials that are valid now.

        Raises:
            ServiceError: The AWS chain gives no credentials.
        """
        with self._errors(""):
            client = self._open()
            found = self._session.get_credentials()
            credentials = None if found is None else found.get_frozen_credentials()
        if credentials is None:
            from botocore.exceptions import NoCredentialsError

            raise translate_s3_error(NoCredentialsError(), f"s3://{self.bucket}")
        options = {
            "aws_access_key_id": credentials.access_key,
            "aws_secret_access_key": credentials.secret_key,
            "aws_region": self._find_region(client),
            "retry_timeout": f"{self.policy.attempt_count * self.policy.read_timeout_seconds:g}s",
            "timeout": f"{self.policy.read_timeout_seconds:g}s",
            "connect_timeout": f"{self.policy.connect_timeout_seconds:g}s",
        }
        if credentials.token:
            options["aws_session_token"] = credentials.token
        return options | self._describe_endpoint(client)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            self._drop()

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise translate_s3_error(error, f"s3://{self.bucket}/{key}".rstrip("/")) from error

    def _open(self) -> Any:
        with self._lock:
            if self._process_id != os.getpid():  # a fork must not use its parent's sockets
                self._drop()
                import boto3

                self._session = boto3.session.Session()
                self._client = _open_client(self._session, self.policy)
                self._process_id = os.getpid()
            return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._process_id, self._session, self._client = 0, None, None

    def _find_region(self, client: Any) -> str:
        if self._region:
            return self._region
        # boto3 follows a bucket to its region; an Arrow object store has to be given it.
        if _is_aws(client.meta.endpoint_url):
            try:
                self._region = str(self.call("head_bucket").get("BucketRegion") or "")
            except ServiceError:
                self._region = ""
        return self._region or str(client.meta.region_name or "us-east-1")

    def _describe_endpoint(self, client: Any) -> dict[str, str]:
        endpoint = str(client.meta.endpoint_url)
        if _is_aws(endpoint):
            return {}
        options = {
            "aws_endpoint": endpoint,
            "aws_allow_http": str(urlsplit(endpoint).scheme == "http").lower(),
        }
        if _addressing_style(client) == "virtual":
            scheme, _, host = endpoint.partition("://")
            options |= {
                "aws_endpoint": f"{scheme}://{self.bucket}.{host}",
                "aws_virtual_hosted_style_request": "true",
            }
        return options


def _open_client(session: Any, policy: S3Policy) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=policy.connect_timeout_seconds,
        read_timeout=policy.read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": policy.attempt_count},
        request_checksum_calculation="when_supported",
        response_checksum_validation="when_supported",
        user_agent_extra="credit-default",
    )
    try:
        client = session.client("s3", config=config)
        endpoint, changes = client.meta.endpoint_url, {}
        if not _is_aws(endpoint) and not _addressing_style(client):
            # Few other stores answer to host names that begin with the bucket; all answer to paths.
            changes["s3"] = {"addressing_style": "path"}
        if is_on_this_machine(endpoint):
            changes["proxies"] = {}  # boto3 does not find [::1] in NO_PROXY
        if not changes:
            return client
        client.close()
        return session.client("s3", config=config.merge(Config(**changes)))
    except ValueError as error:
        raise InputError(
            "AWS_ENDPOINT_URL",
            found=" ".join(str(error).split())[:200],
            expected="an address such as https://s3.example.org",
            remedy="Correct the variable, or the endpoint_url and region of the AWS profile.",
        ) from error


def _is_aws(endpoint: str) -> bool:
    return (urlsplit(endpoint).hostname or "").endswith(_AWS_HOSTS)


def _addressing_style(client: Any) -> str:
    return str((client.meta.config.s3 or {}).get("addressing_style") or "")
