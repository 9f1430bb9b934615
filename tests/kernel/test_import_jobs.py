"""A large register is read, checked and written as watched work: with a worker and without one, once however often it is run."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.factories import World
from tests.kernel import registers
from zhixing.intake.cleaning import ReadError
from zhixing.kernel import import_jobs, importing, jobs, progress
from zhixing.kernel.models import Event, ImportRun, Notice, Progress
from zhixing.kernel.scope import SYSTEM
from zhixing.kernel.sheet import sheet_for
from zhixing.partners.models import Organisation

UPLOAD = "/partners/organisation/import/"


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(settings.ZHIXING, "import_at_once", {"rows": 20, "bytes": 4 << 20})
    yield


@pytest.fixture
def worker() -> Iterator[None]:
    """A worker that is alive and has not come to anything yet."""
    with patch.object(progress, "worker_alive", return_value=True), patch.object(jobs, "defer"):
        yield


def upload(world: World, count: int = 30, name: str = "登记表.xlsx") -> ImportRun:
    file = SimpleUploadedFile(name, registers.organisations(count))
    assert world.client("office").post(UPLOAD, {"file": file}).status_code == 302
    return ImportRun.objects.get()


def matched(run: ImportRun) -> dict[str, str]:
    return {f"column-{index}": field for index, field in run.mapping.items()}


def test_without_a_worker_a_large_register_goes_the_whole_way(world: World, small_limits: None) -> None:
    client, run = world.client("office"), upload(world)
    page = reverse("import-run", args=[run.pk])
    answer = client.post(page, matched(run))
    assert answer.headers["Location"] == page, "what is done already is shown, not watched"
    assert "30" in client.get(page).content.decode()
    assert not Organisation.objects.exists()
    assert client.post(page, {"do": "commit"}).headers["Location"] == page
    run.refresh_from_db()
    assert (run.state, Organisation.objects.count()) == ("committed", 30)
    assert [row.state for row in Progress.objects.order_by("pk")] == ["done", "done"]
    client.post(reverse("import-undo", args=[run.pk]))
    assert not Organisation.objects.exists()


def test_a_small_register_is_not_made_a_job(world: World) -> None:
    client, run = world.client("office"), upload(world, 10)
    client.post(reverse("import-run", args=[run.pk]), matched(run))
    client.post(reverse("import-commit", args=[run.pk]))
    assert Organisation.objects.count() == 10 and not Progress.objects.exists()


def test_with_a_worker_the_reader_watches_and_two_clicks_are_one_job(
    world: World, small_limits: None, worker: None
) -> None:
    client, run = world.client("office"), upload(world)
    page = reverse("import-run", args=[run.pk])
    answer = client.post(page, matched(run))
    job = Progress.objects.get()
    assert answer.headers["Location"] == progress.url_of(job)
    assert client.get(page).headers["Location"] == progress.url_of(job)
    assert client.post(page, matched(run)).headers["Location"] == progress.url_of(job)
    assert Progress.objects.count() == 1
    import_jobs.import_step(progress=job.pk, run=run.pk, step="check")
    assert Notice.objects.get(user=world.users["office"]).url == page
    run.refresh_from_db()
    assert run.state == "previewed" and client.get(page).status_code == 200


def test_a_job_that_was_killed_after_its_work_is_done_once(world: World, small_limits: None, worker: None) -> None:
    """The worker is killed between the commit and the note that it is done: the queue hands the job out again."""
    run = upload(world)
    job = import_jobs.set_going(run, "write")
    importing.commit(run, by=import_jobs._actor_of(run))
    Progress.objects.filter(pk=job.pk).update(state="running")
    for _time in range(2):
        import_jobs.import_step(progress=job.pk, run=run.pk, step="write")
        job.refresh_from_db()
        assert (job.state, job.url) == ("done", reverse("import-run", args=[run.pk]))
    assert Organisation.objects.count() == 30
    assert Event.objects.filter(verb="imported").count() == 30


def test_work_that_was_cut_off_holds_nobody_up(world: World, small_limits: None, worker: None) -> None:
    client, run = world.client("office"), upload(world)
    job = import_jobs.set_going(run, "check")
    Progress.objects.filter(pk=job.pk).update(updated_at=timezone.now() - progress.SILENT)
    assert client.get(reverse("import-run", args=[run.pk])).status_code == 200
    assert import_jobs.set_going(run, "check").pk != job.pk


def test_a_file_too_large_to_open_is_read_by_the_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.ZHIXING, "import_at_once", {"rows": 20, "bytes": 1000})
    run = upload(world)
    assert run.reading["rows"] == 36 and run.mapping["1"] == "uscc"
    assert world.client("office").get(reverse("import-run", args=[run.pk])).status_code == 200


def test_a_large_file_that_cannot_be_read_says_so_and_leads_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.ZHIXING, "import_at_once", {"rows": 20, "bytes": 10})
    client = world.client("office")
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("坏.xlsx", b"PK\x03\x04" + b"x" * 100)})
    job = Progress.objects.get()
    assert job.state == "failed" and job.message
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'href="{UPLOAD}"' in page
    run = ImportRun.objects.get()
    assert run.state == "failed"
    assert client.get(reverse("import-run", args=[run.pk])).headers["Location"] == UPLOAD


def test_a_mapping_at_fault_is_told_at_once(world: World, small_limits: None) -> None:
    client, run = world.client("office"), upload(world)
    sent = {name: field for name, field in matched(run).items() if field != "uscc"}
    assert client.post(reverse("import-run", args=[run.pk]), sent).status_code == 422
    assert not Progress.objects.exists()


API = "/api/v1/imports"


def sent(count: int, **more: str) -> dict[str, object]:
    return {
        "type": "partners.organisation",
        "file": SimpleUploadedFile("登记表.xlsx", registers.organisations(count)),
        **more,
    }


def test_the_api_checks_writes_and_takes_back_a_small_register(world: World) -> None:
    client = world.client("office")
    found = client.post(API, sent(10)).json()
    assert [found[key] for key in ("rows", "new", "changed", "same", "faulty", "state")] == [
        15,
        10,
        0,
        0,
        5,
        "previewed",
    ]
    assert len(found["errors"]) == 5 and not Organisation.objects.exists()
    address = f"{API}/{found['id']}"
    assert client.post(f"{address}/commit").json()["state"] == "committed"
    assert client.post(f"{address}/commit").status_code == 409
    assert world.client("dean").get(address).status_code == 404
    assert client.post(f"{address}/undo").json()["removed"] == 10
    assert client.post(API, {"type": "partners.organisation"}).status_code == 422
    assert world.client("student").post(API, sent(10)).status_code == 403


def test_the_api_tells_where_a_large_register_is_watched(world: World, small_limits: None, worker: None) -> None:
    client = world.client("office")
    answer = client.post(API, sent(30, commit="1"))
    assert answer.status_code == 202 and answer.json()["job"]["state"] == "waiting"
    run, job = ImportRun.objects.get(), Progress.objects.get()
    import_jobs.import_step(progress=job.pk, run=run.pk, step="write")
    found = client.get(answer.headers["Location"]).json()
    assert (found["state"], found["new"], found["job"]["state"]) == ("committed", 30, "done")


def test_writing_asked_for_while_the_check_goes_on_is_refused_in_words(
    world: World, small_limits: None, worker: None
) -> None:
    client, run = world.client("office"), upload(world)
    page = reverse("import-run", args=[run.pk])
    client.post(page, matched(run))
    check = Progress.objects.get()
    for address in (page, reverse("import-commit", args=[run.pk])):
        answer = client.post(address, {"do": "commit"})
        assert answer.status_code == 409 and check.title in answer.content.decode()
    answer = client.post(reverse("api:import-commit", args=[run.pk]))
    assert answer.status_code == 409 and check.title in answer.json()["detail"]
    assert list(Progress.objects.all()) == [check]
    import_jobs.import_step(progress=check.pk, run=run.pk, step="check")
    assert client.post(reverse("api:import-commit", args=[run.pk])).status_code == 202
    assert Progress.objects.latest("pk").params["step"] == "write"


def test_a_file_over_the_limit_is_refused_before_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.ZHIXING, "max_upload_bytes", 1 << 20)
    data, client = b"x" * ((1 << 20) + 1), world.client("office")
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("大.xlsx", data)})
    assert answer.status_code == 422 and "2 MB" in answer.content.decode()
    given = {"type": "partners.organisation", "file": SimpleUploadedFile("大.xlsx", data)}
    answer = client.post(reverse("api:imports"), given)
    assert answer.status_code == 422 and "2 MB" in answer.json()["errors"]["file"][0]
    with pytest.raises(ReadError):
        importing.take_in(sheet_for("partners.organisation"), data, "大.xlsx", by=SYSTEM)
    assert not ImportRun.objects.exists()
    assert client.post(UPLOAD, {"file": SimpleUploadedFile("小.xlsx", registers.organisations(3))}).status_code == 302


def test_a_program_sees_only_its_own_jobs_of_an_import(world: World) -> None:
    run = upload(world, 10)
    Progress.objects.create(kind="import", user=world.users["dean"], title="别人的", params={"run": run.pk})
    assert world.client("office").get(reverse("api:import", args=[run.pk])).json()["job"] is None
