"""Prints how many days ago the newest scores were committed: what CloudWatch's metric filter reads and its alarm judges.

CloudWatch itself looks back a week at most, and statements come monthly. A lake without scores prints 36500.
"""

import datetime as dt
import os

import boto3

bucket, _, prefix = os.environ["CREDIT_DEFAULT_LAKE"].removeprefix("s3://").partition("/")
pages = boto3.client("s3").get_paginator("list_objects_v2")
log = pages.paginate(Bucket=bucket, Prefix=f"{prefix}/tables/scores/_delta_log/")
moments = [found["LastModified"] for page in log for found in page.get("Contents", ())]
now = dt.datetime.now(dt.UTC)
days = (now - max(moments)).total_seconds() / 86400 if moments else 36500.0
print(f'{{"days_since_batch": {days:.3f}}}')
