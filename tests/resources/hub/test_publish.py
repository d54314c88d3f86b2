"""Publication: one whole commit or none, whatever fails; and a message that says what to do."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from apigen_assets.release.tree import MANIFEST, read_manifest, write_manifest
from resources.hub.resource import HubError, HubProblem, HubResource
from tests.helpers.hub_server import LocalHub, account
from tests.helpers.paths import ROOT
from tests.helpers.releases import release, rows, with_split

REPO = "ada/calls"


def published_files(hub, repo=REPO, revision="main"):
    """Path and content of every file at a revision, but the one that every repository has."""
    found = hub.repository(repo)
    files = found.files(revision)
    return {path: found.content(entry).read_bytes() for path, entry in files.items() if path != ".gitattributes"}


def local_files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_whole(hub, tree, revision="main"):
    return published_files(hub, revision=revision) == local_files(tree.path)


def failure(publisher, tree, repo=REPO, **more):
    with pytest.raises(HubError) as caught:
        publisher.publish(tree.path, repo, **more)
    assert os.environ.get("HF_TOKEN", "no token") not in str(caught.value)
    return caught.value


def test_a_release_is_one_commit_with_a_tag(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    done = publisher.publish(tree.path, REPO, version="v1")
    assert done.created and done.committed and done.tagged
    assert hub.commits(REPO) == ["Release v1: 25 rows"]
    assert is_whole(hub, tree)
    meta = hub.repository(REPO).meta
    assert meta["tags"] == {"v1": done.revision} and meta["branches"] == {"main": done.revision}
    assert meta["private"]


def test_the_same_content_makes_no_commit_and_no_upload(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    first = publisher.publish(tree.path, REPO)
    hub.log.clear()
    again = publisher.publish(tree.path, REPO, version="v1")
    assert not again.committed and again.revision == first.revision and again.tagged
    assert len(hub.commits(REPO)) == 1
    assert not hub.requests("/commit/") and not hub.requests("preupload")


def test_other_bytes_of_the_same_rows_make_no_commit(hub, publisher, tmp_path):
    import pyarrow.parquet as pq

    tree = release(tmp_path / "release")
    publisher.publish(tree.path, REPO)
    shard = next((tree.path / "data" / "xlam").iterdir())
    pq.write_table(pq.read_table(shard), shard, compression="none")  # as another version of the writer might
    manifest = read_manifest(tree.path) or {}
    write_manifest(tree.path, manifest)
    assert not publisher.publish(tree.path, REPO).committed


def test_new_rows_are_one_commit_that_deletes_stale_shards(hub, publisher, tmp_path):
    publisher.publish(release(tmp_path / "release", with_split(rows())).path, REPO)
    assert "data/heldout/test-00000-of-00001.parquet" in published_files(hub)
    tree = release(tmp_path / "release", rows(7))
    done = publisher.publish(tree.path, REPO)
    assert len(hub.commits(REPO)) == 2
    assert is_whole(hub, tree)
    assert set(done.changes.deleted) == {
        "data/heldout/test-00000-of-00001.parquet",
        "data/heldout/train-00000-of-00001.parquet",
    }
    assert done.changes.rows_before["xlam/train"] == 25 and done.changes.rows_after == {
        "openai/train": 7,
        "xlam/train": 7,
    }


def test_files_that_people_added_stay(hub, publisher, tmp_path):
    publisher.publish(release(tmp_path / "release").path, REPO)
    found = hub.repository(REPO)
    found.apply("main", None, "a picture", "", [("file", {"path": "docs/logo.svg", "content": "AA=="})])
    publisher.publish(release(tmp_path / "release", rows(7)).path, REPO)
    assert "docs/logo.svg" in published_files(hub)


def test_a_shard_that_went_missing_is_put_back(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    publisher.publish(tree.path, REPO)
    path = "data/xlam/train-00000-of-00001.parquet"
    hub.repository(REPO).apply("main", None, "oops", "", [("deletedFile", {"path": path})])
    assert publisher.publish(tree.path, REPO).committed
    assert is_whole(hub, tree)


@pytest.mark.parametrize(
    "path",
    ["/api/whoami-v2", "/api/repos/create", "/api/validate-yaml", "/preupload/", "/objects/batch", "/_lfs/", "/tag/"],
)
def test_an_outage_at_any_step_is_waited_out(hub, publisher, tmp_path, path):
    hub.fault(path, 503)
    tree = release(tmp_path / "release")
    done = publisher.publish(tree.path, REPO, version="v1")
    assert hub.commits(REPO) == ["Release v1: 25 rows"] and is_whole(hub, tree)
    assert hub.repository(REPO).meta["tags"] == {"v1": done.revision}
    assert not hub.faults


def test_503_twice_at_the_commit(hub, publisher, tmp_path):
    hub.fault("/commit/", 503, 503)
    tree = release(tmp_path / "release")
    done = publisher.publish(tree.path, REPO)
    assert done.attempts == 3
    assert len(hub.commits(REPO)) == 1 and is_whole(hub, tree)
    assert len(hub.requests("/_lfs/", "PUT")) == 2, "uploads are not repeated"


def test_429_waits_as_long_as_the_hub_asks(hub, publisher, tmp_path):
    hub.fault("/commit/", 429, headers={"Retry-After": "1"})
    said = []
    publisher.publish(release(tmp_path / "release").path, REPO, say=said.append)
    assert "commit: HTTP 429; attempt 2 in 1.0 s" in said
    assert len(hub.commits(REPO)) == 1


def test_429_longer_than_the_deadline_ends_at_once(hub, publisher, tmp_path):
    hub.fault("/commit/", 429, headers={"Retry-After": "7200"})
    error = failure(publisher, release(tmp_path / "release"))
    assert error.problem is HubProblem.DEADLINE
    assert "7200 s" in str(error) and "run it again later" in str(error)
    assert hub.commits(REPO) == []


@pytest.mark.parametrize("status", [None, 500, 504])
def test_a_commit_that_landed_without_an_answer_is_not_made_twice(hub, publisher, tmp_path, status):
    tree = release(tmp_path / "release")
    if status is None:
        hub.fault("/commit/", lose_reply=True)
    else:  # carried out, and answered with an error all the same

        def carry_out():
            HubResource(endpoint=hub.url, load_back=False).publish(tree.path, REPO)

        hub.fault("/commit/", status, before=carry_out)
    said = []
    done = publisher.publish(tree.path, REPO, version="v1", say=said.append)
    assert done.committed and done.tagged
    assert "the commit is there: only its answer was lost" in said
    assert len(hub.commits(REPO)) == 1 and is_whole(hub, tree)


def test_a_commit_that_lands_after_we_stopped_waiting_is_not_made_twice(hub, tmp_path):
    hub.fault("/commit/", wait=1.5)
    tree = release(tmp_path / "release")
    hasty = HubResource(endpoint=hub.url, load_back=False, request_timeout_s=0.5, backoff_s=1.5, deadline_s=60)
    done = hasty.publish(tree.path, REPO)
    assert done.attempts >= 1
    assert len(hub.commits(REPO)) == 1 and is_whole(hub, tree)


def test_an_outage_that_stays_is_told_and_leaves_nothing(hub, publisher, tmp_path):
    hub.fault("/commit/", *[503] * 8)
    error = failure(publisher, release(tmp_path / "release"))
    assert error.problem is HubProblem.UNREACHABLE
    assert "run it again later" in str(error) and "HTTP 503" in str(error)
    assert hub.commits(REPO) == [] and hub.repository(REPO).meta["tags"] == {}


def test_no_server(publisher, tmp_path, hub):
    nobody = HubResource(endpoint="http://127.0.0.1:9", attempts=2, backoff_s=0.01)
    error = failure(nobody, release(tmp_path / "release"))
    assert error.problem is HubProblem.UNREACHABLE and "run it again later" in str(error)


def test_the_deadline_ends_a_hanging_commit(hub, tmp_path):
    release_it = threading.Event()
    hub.fault("/commit/", before=lambda: release_it.wait(30))
    error = failure(HubResource(endpoint=hub.url, load_back=False, deadline_s=2), release(tmp_path / "release"))
    release_it.set()
    assert error.problem is HubProblem.DEADLINE and "run it again" in str(error)
    assert not list((tmp_path / "tmp").iterdir()), "the publishing process leaves nothing behind"


PUBLISH = """
import sys
from pathlib import Path
from resources.hub.resource import HubResource
HubResource(endpoint=sys.argv[1], load_back=False).publish(Path(sys.argv[2]), sys.argv[3], version="v1")
"""


def start_publisher(hub, tree):
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH, hub.url, str(tree.path), REPO],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


def kill_at(hub, tree, path):
    """Kill -9 a publisher when its request for `path` arrives; the Hub then carries that request out."""
    arrived, killed = threading.Event(), threading.Event()

    def before():
        arrived.set()
        killed.wait(30)

    hub.fault(path, before=before)
    process = start_publisher(hub, tree)
    assert arrived.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not list((Path(os.environ["TMPDIR"])).iterdir()), "the publishing process ends by itself")
    killed.set()


def wait_until(condition, what):
    for _ in range(2_000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(what)


def test_kill_9_during_the_upload(hub, publisher, tmp_path):
    tree = release(tmp_path / "release", with_split(rows()))
    kill_at(hub, tree, "/verify")
    assert hub.commits(REPO) == [] and published_files(hub) == {}
    stored = len(list(hub.store.lfs.iterdir()))
    assert stored
    hub.log.clear()
    publisher.publish(tree.path, REPO, version="v1")
    assert len(hub.commits(REPO)) == 1 and is_whole(hub, tree)
    assert len(hub.requests("/_lfs/", "PUT")) <= 4 - 1, "what was uploaded is not uploaded again"


def test_kill_9_between_commit_and_tag(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    arrived = threading.Event()
    hub.fault("/tag/", 503, before=arrived.set)
    process = start_publisher(hub, tree)
    assert arrived.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not list((Path(os.environ["TMPDIR"])).iterdir()), "the publishing process ends by itself")
    hub.faults.clear()
    assert len(hub.commits(REPO)) == 1 and is_whole(hub, tree)
    done = publisher.publish(tree.path, REPO, version="v1")
    assert not done.committed and hub.repository(REPO).meta["tags"] == {"v1": done.revision}
    assert len(hub.commits(REPO)) == 1


def test_two_publishers_at_once_with_different_rows(hub, publisher, tmp_path):
    publisher.publish(release(tmp_path / "old").path, REPO)
    trees = [release(tmp_path / name, rows(count)) for name, count in (("one", 5), ("two", 6))]
    outcomes = at_once(hub, publisher, trees)
    winners = [tree for tree, outcome in outcomes if not isinstance(outcome, HubError)]
    losers = [outcome for _, outcome in outcomes if isinstance(outcome, HubError)]
    assert len(winners) == 1 and len(losers) == 1
    assert losers[0].problem is HubProblem.MOVED and "run again" in str(losers[0])
    assert len(hub.commits(REPO)) == 2 and is_whole(hub, winners[0])


def test_two_publishers_at_once_with_the_same_rows(hub, publisher, tmp_path):
    publisher.publish(release(tmp_path / "old", rows(3)).path, REPO)
    tree = release(tmp_path / "new")
    outcomes = [outcome for _, outcome in at_once(hub, publisher, [tree, tree], version="v2")]
    assert len({outcome.revision for outcome in outcomes}) == 1
    assert len(hub.commits(REPO)) == 2 and is_whole(hub, tree)
    assert list(hub.repository(REPO).meta["tags"]) == ["v2"]


def at_once(hub, publisher, trees, version=None):
    """Publishes the trees in threads whose commits arrive together."""
    together = threading.Barrier(len(trees), timeout=30)
    hub.fault("/commit/", times=len(trees), before=together.wait)
    outcomes = []

    def run(tree):
        try:
            outcomes.append((tree, publisher.publish(tree.path, REPO, version=version)))
        except HubError as error:
            outcomes.append((tree, error))

    threads = [threading.Thread(target=run, args=(tree,)) for tree in trees]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_stale_parent_makes_no_commit(hub, publisher, tmp_path):
    publisher.publish(release(tmp_path / "release").path, REPO)

    def somebody_edits():
        hub.repository(REPO).apply("main", None, "an edit", "", [("file", {"path": "notes.txt", "content": "AA=="})])

    hub.fault("/commit/", before=somebody_edits)
    error = failure(publisher, release(tmp_path / "release", rows(9)))
    assert error.problem is HubProblem.MOVED
    assert "Look at" in str(error) and "run again" in str(error)
    assert hub.commits(REPO) == ["an edit", *hub.commits(REPO)[1:]] and len(hub.commits(REPO)) == 2
    publisher.publish(tmp_path / "release", REPO)
    assert len(hub.commits(REPO)) == 3


def test_a_version_is_not_redefined(hub, publisher, tmp_path):
    first = publisher.publish(release(tmp_path / "release").path, REPO, version="v1")
    error = failure(publisher, release(tmp_path / "release", rows(9)), version="v1")
    assert error.problem is HubProblem.VERSION_TAKEN
    assert "choose another" in str(error)
    assert len(hub.commits(REPO)) == 1 and hub.repository(REPO).meta["tags"] == {"v1": first.revision}


def test_a_new_card_of_the_same_rows_leaves_the_version_where_it_is(hub, publisher, tmp_path):
    first = publisher.publish(release(tmp_path / "release").path, REPO, version="v1")
    tree = release(tmp_path / "release", license_="apache-2.0")
    done = publisher.publish(tree.path, REPO, version="v1")
    assert done.committed and set(done.changes.changed) == {"README.md", MANIFEST}
    assert hub.repository(REPO).meta["tags"] == {"v1": first.revision}
    assert any("stays there" in note for note in done.notes)


@pytest.mark.parametrize(
    ("token", "repo", "problem", "says"),
    [
        ("", REPO, HubProblem.TOKEN_MISSING, "export it as HF_TOKEN"),
        ("hf_expired", REPO, HubProblem.TOKEN_REFUSED, "expired, revoked or mistyped"),
        (LocalHub.READ, REPO, HubProblem.NO_WRITE_ACCESS, "role: read"),
        ("hf_fine", REPO, HubProblem.NO_WRITE_ACCESS, "role: fineGrained"),
        (LocalHub.WRITE, "someone/calls", HubProblem.NO_WRITE_ACCESS, "APIGEN_HUB_REPO to ada/calls"),
        (LocalHub.WRITE, "museum/calls", HubProblem.NO_WRITE_ACCESS, "ask its admin"),
    ],
)
def test_a_token_that_may_not_write_is_found_before_anything_is_sent(
    hub, publisher, tmp_path, monkeypatch, token, repo, problem, says
):
    hub.tokens["hf_fine"] = account(
        "fineGrained", scoped=[{"entity": {"type": "user", "name": "ada"}, "permissions": ["repo.content.read"]}]
    )
    monkeypatch.setenv("HF_TOKEN", token)
    tree = release(tmp_path / "release")
    with pytest.raises(HubError) as caught:
        publisher.publish(tree.path, repo)
    assert caught.value.problem is problem and says in str(caught.value)
    assert {line[:2] for line in hub.log} <= {("GET", "/api/whoami-v2")}


@pytest.mark.parametrize("repo", [REPO, "lab/calls"])
def test_a_fine_grained_token_with_the_right_scope_publishes(hub, publisher, tmp_path, monkeypatch, repo):
    hub.tokens["hf_fine"] = account(
        "fineGrained",
        orgs=[("lab", "write")],
        scoped=[{"entity": {"type": "org", "name": repo.split("/")[0]}, "permissions": ["repo.write"]}],
    )
    monkeypatch.setenv("HF_TOKEN", "hf_fine")
    assert publisher.publish(release(tmp_path / "release").path, repo).committed


def test_a_refusal_at_the_commit_is_told_and_not_repeated(hub, publisher, tmp_path):
    hub.fault("/commit/", 403)
    error = failure(publisher, release(tmp_path / "release"))
    assert error.problem is HubProblem.NO_WRITE_ACCESS and "export it as HF_TOKEN" in str(error)
    assert hub.commits(REPO) == [] and len(hub.requests("/commit/")) == 1


def test_a_repository_of_somebody_else_is_left_alone(hub, publisher, tmp_path):
    found = hub.repository(REPO)
    found.create(False)
    found.apply("main", None, "my data", "", [("file", {"path": "train.csv", "content": "AA=="})])
    error = failure(publisher, release(tmp_path / "release"))
    assert error.problem is HubProblem.FOREIGN_REPOSITORY and "another name" in str(error)
    assert hub.commits(REPO) == ["my data"]


def test_a_card_the_hub_refuses_stops_before_the_upload(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    (tree.path / "README.md").write_text("---\nlicense: [\n---\n")
    error = failure(publisher, tree)
    assert error.problem is HubProblem.INVALID_CARD and "nothing was uploaded" in str(error)
    assert hub.commits(REPO) == [] and not hub.requests("/_lfs/")


def test_a_dry_run_shows_the_change_and_makes_none(hub, publisher, tmp_path, monkeypatch):
    tree = release(tmp_path / "release")
    would = publisher.publish(tree.path, REPO, dry_run=True)
    assert would.created and len(would.changes.added) == 4
    publisher.publish(tree.path, REPO)
    hub.log.clear()
    would = publisher.publish(release(tmp_path / "release", rows(9)).path, REPO, version="v2", dry_run=True)
    assert would.revision is None and not would.committed
    assert "  rows of xlam/train: 25 -> 9" in would.changes.lines()
    assert "~ data/xlam/train-00000-of-00001.parquet" in would.changes.lines()
    assert {line[0] for line in hub.log} <= {"GET", "HEAD"}
    assert len(hub.commits(REPO)) == 1


@pytest.mark.parametrize(
    ("repo", "version"), [("calls", None), ("a/b/c", None), ("ada/calls", "main"), ("ada/calls", "v 1")]
)
def test_names_that_cannot_be_are_refused_here(publisher, tmp_path, repo, version):
    with pytest.raises(HubError) as caught:
        publisher.publish(tmp_path, repo, version=version)
    assert caught.value.problem is HubProblem.BAD_REQUEST


def test_a_damaged_release_folder_is_refused(hub, publisher, tmp_path):
    tree = release(tmp_path / "release")
    (tree.path / MANIFEST).write_text("{")
    assert "make the release again" in str(failure(publisher, tree))


def test_the_token_is_in_no_file_and_no_message(hub, publisher, tmp_path):
    said = []
    tree = release(tmp_path / "release")
    done = publisher.publish(tree.path, REPO, say=said.append)
    text = json.dumps([done.model_dump(), said]) + "".join(
        content.decode("latin-1") for content in published_files(hub).values()
    )
    assert LocalHub.WRITE not in text
