"""Every promise of infra/ on its parsed text: kept as it stands, and broken when any resource or setting goes."""

import re
from itertools import product

import pytest
from hcl_parsing import INFRA, find_references, read_configuration, read_folder
from promises import ARGUMENTS, FORBIDDEN_KINDS, SETTINGS, STANDING, STATEMENTS, judge, kind_of

CONFIGURATION = read_configuration()
RESOURCES = [
    (folder, address)
    for folder, blocks in CONFIGURATION.items()
    for address in blocks
    if kind_of(address).startswith("aws_") or kind_of(address) == "module"
]
# nobody's safety rests on these: a name for a key, and groups that only keep names together
NOT_SECURITY = {
    ("bootstrap", "aws_kms_alias.state"),
    ("modules/lake", "aws_kms_alias.lake"),
}


def change(folder, address, body):
    """The configuration with one block replaced, or taken away where body is None."""
    blocks = {name: kept for name, kept in CONFIGURATION[folder].items() if name != address}
    return {**CONFIGURATION, folder: blocks if body is None else {**blocks, address: body}}


def replace_at(body, path, value):
    """The body with another value at a dotted path."""
    if isinstance(body, list):
        return [replace_at(body[0], path, value), *body[1:]]
    head, _, rest = path.partition(".")
    return {**body, head: replace_at(body[head], rest, value) if rest else value}


def take_out(word, value):
    """The value without a word, in whatever it is nested."""
    if isinstance(value, dict):
        return {take_out(word, key): take_out(word, item) for key, item in value.items()}
    if isinstance(value, list):
        return [take_out(word, item) for item in value]
    return value.replace(word, "") if isinstance(value, str) else value


def of_kind(kind):
    return [(folder, address) for folder, address in RESOURCES if kind_of(address) == kind]


def test_every_promise_is_kept():
    assert judge(CONFIGURATION) == []


def test_the_whole_of_infra_was_read():
    assert len(RESOURCES) >= 90
    assert {folder.split("/")[0] for folder in CONFIGURATION} == {
        "bootstrap",
        "environments",
        "modules",
        "stack",
    }


def test_each_deleted_resource_is_noticed(record_property):
    deleted = [found for found in RESOURCES if found not in NOT_SECURITY]

    unnoticed = [
        (folder, address)
        for folder, address in deleted
        if judge(change(folder, address, None)) == []
    ]

    record_property("figures", f"{len(deleted)} deletions of a resource or module, each noticed")
    assert unnoticed == []


def test_a_block_deleted_from_the_file_itself_is_noticed(tmp_path):
    for path in (INFRA / "modules" / "bucket").glob("*.tf"):
        text = path.read_text(encoding="utf-8")
        block = re.compile(
            r'^resource "aws_s3_bucket_public_access_block" .*?^}\n', re.MULTILINE | re.DOTALL
        )
        (tmp_path / path.name).write_text(block.sub("", text), encoding="utf-8")

    complaints = judge({**CONFIGURATION, "modules/bucket": read_folder(tmp_path)})

    assert (
        "modules/bucket: aws_s3_bucket.this has no aws_s3_bucket_public_access_block" in complaints
    )


def test_each_weakened_setting_is_noticed(record_property):
    settings = [
        (folder, address, path)
        for kind, wanted in SETTINGS.items()
        for folder, address in of_kind(kind)
        for path in wanted
    ]

    unnoticed = []
    for folder, address, path in settings:
        body = replace_at(CONFIGURATION[folder][address], path, "something else")
        if not any(
            f"{address} has {path}" in complaint
            for complaint in judge(change(folder, address, body))
        ):
            unnoticed.append((folder, address, path))

    record_property("figures", f"{len(settings)} settings weakened, each noticed")
    assert unnoticed == []


def test_each_missing_argument_is_noticed():
    unnoticed = []
    for kind, names in ARGUMENTS.items():
        for (folder, address), name in product(of_kind(kind), names):
            body = {
                argument: value
                for argument, value in CONFIGURATION[folder][address].items()
                if argument != name
            }
            if f"{folder}: {address} has no {name}" not in judge(change(folder, address, body)):
                unnoticed.append((folder, address, name))

    assert unnoticed == []


def test_each_statement_taken_out_is_noticed(record_property):
    statements = [
        (folder, address, word) for (folder, address), words in STATEMENTS.items() for word in words
    ]

    unnoticed = []
    for folder, address, word in statements:
        complaints = judge(change(folder, address, take_out(word, CONFIGURATION[folder][address])))
        if f"{folder}: {address} says nothing of {word}" not in complaints:
            unnoticed.append((folder, address, word))

    record_property("figures", f"{len(statements)} statements taken out of a policy, each noticed")
    assert unnoticed == []


@pytest.mark.parametrize("kind", sorted(FORBIDDEN_KINDS))
def test_a_way_to_the_internet_is_noticed(kind):
    assert f"modules/network: {kind}.new opens a door" in judge(
        change("modules/network", f"{kind}.new", {})
    )


def test_every_kind_in_the_tables_is_used():
    kinds = {kind_of(address) for _, address in RESOURCES}

    assert (SETTINGS.keys() | ARGUMENTS.keys()) - kinds == set()
    assert {folder for folder, _ in STATEMENTS} | STANDING.keys() <= CONFIGURATION.keys()


def test_every_variable_and_output_is_described_and_every_variable_typed():
    bare = [
        f"{folder}: {address}"
        for folder, blocks in CONFIGURATION.items()
        for address, body in blocks.items()
        if (kind_of(address) == "var" and not {"type", "description"} <= body.keys())
        or (kind_of(address) == "output" and "description" not in body)
    ]

    assert bare == []


def test_every_validation_is_seen_to_refuse():
    """Each variable stands in as many expect_failures of its folder's tests as it has validations."""
    unseen = []
    for folder, blocks in CONFIGURATION.items():
        tests = "".join(
            path.read_text(encoding="utf-8")
            for path in (INFRA / folder / "tests").glob("*.tftest.hcl")
        )
        refused = re.findall(
            r"var\.\w+", " ".join(re.findall(r"expect_failures = \[(.*?)\]", tests, re.DOTALL))
        )
        for address, body in blocks.items():
            validations = body.get("validation", []) if kind_of(address) == "var" else []
            if not folder.startswith("environments/") and refused.count(address) < len(validations):
                unseen.append(
                    f"{folder}: {address} has {len(validations)}, refused {refused.count(address)}"
                )

    assert unseen == []


def test_a_variable_without_validation_takes_any_value_of_its_type():
    free = {
        address
        for folder, blocks in CONFIGURATION.items()
        for address, body in blocks.items()
        if kind_of(address) == "var" and "validation" not in body
    }

    assert free == {  # names and truth values that another module gives
        "var.cluster_name",
        "var.database_identifiers",
        "var.database_two_zones",
        "var.deletion_protection",
        "var.log_bucket",
        "var.queue_name",
        "var.security_group_ids",
        "var.service_names",
        "var.task_definition_arns",
        "var.task_role_arns",
        "var.watch_log_group_name",
    }


def test_every_variable_is_used_and_every_local():
    for folder, blocks in CONFIGURATION.items():
        used = set().union(*(find_references(body) - {address} for address, body in blocks.items()))

        assert {a for a in blocks if kind_of(a) in {"var", "local"}} - used == set(), folder


def test_only_one_provider_and_one_version_of_it_is_asked_for():
    asked = {str(blocks["terraform"]["required_providers"]) for blocks in CONFIGURATION.values()}

    assert len(asked) == 1
    assert "~> 5.100" in asked.pop()


def test_state_is_encrypted_and_locked():
    backends = [
        CONFIGURATION[f"environments/{name}"]["terraform"]["backend"]
        for name in ("staging", "production")
    ]

    assert [
        "use_lockfile" in str(backend) and "'encrypt': True" in str(backend) for backend in backends
    ] == [
        True,
        True,
    ]


def test_production_is_the_stricter_environment():
    production, staging = (
        CONFIGURATION[f"environments/{name}"]["module.stack"] for name in ("production", "staging")
    )

    assert production["record_lock_mode"] == "COMPLIANCE"
    assert production["record_days"] >= 2557
    assert production["database_two_zones"] is True
    assert production["deletion_protection"] is True
    assert production.keys() - staging.keys() == set()
