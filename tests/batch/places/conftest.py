"""A store to try, and a server to be led astray by."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Iterator

import pytest

from tests.batch.places.stores import BUCKET, PATIENCE, Faults, served

NEEDED = ("fsspec", "s3fs", "moto", "flask", "werkzeug", "boto3")


@pytest.fixture(scope="module")
def moto() -> Iterator[tuple[str, Faults]]:
    """(address, faults) of an S3 of this machine."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs jndkit[corpus] and jndkit[corpus-test]: {', '.join(missing)}")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    faults = Faults()
    with served(faults) as address:
        yield address, faults


@pytest.fixture
def s3(moto: tuple[str, Faults], monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """The faults of a store with one empty bucket, "pictures", which the environment says how to reach."""
    import boto3
    import fsspec.config
    import s3fs

    from jndkit.batch.places import store

    address, faults = moto
    credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**credentials, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)
    patience = {"read_timeout": PATIENCE, "retries": {"max_attempts": 0}}
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": patience})
    monkeypatch.setenv("FSSPEC_S3", json.dumps({"config_kwargs": patience}))  # for other processes
    monkeypatch.setattr(store, "FIRST_WAIT", 0.01)
    faults.plan, faults.share, faults.seen = [], 0.0, []
    s3fs.S3FileSystem.clear_instance_cache()
    store._file_system.cache_clear()
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=BUCKET)
    yield faults
    faults.plan, faults.share = [], 0.0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for each in page.get("Contents", ()):
            client.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.close()
    store._file_system.cache_clear()
    s3fs.S3FileSystem.clear_instance_cache()
