"""The programs' way in: who is let in, what is answered, how refusals read, and that it agrees with the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.factories import World, make
from zhixing.kernel.models import ApiToken, Event
from zhixing.kernel.openapi import schema_name
from zhixing.kernel.sheet import Sheet
from zhixing.org.models import Cohort, Major, MajorGroup, Person, Student, Unit
from zhixing.partners.models import Organisation, SupportGrant

MAJORS = "/api/v1/org/major"


def send(client: Client, method: str, url: str, data: Any = None, **headers: Any) -> Any:
    return getattr(client, method)(url, json.dumps(data or {}), content_type="application/json", **headers)


def key_for(world: World, role: str, name: str = "数据中台") -> str:
    out = StringIO()
    call_command("api-token", world.users[role].username, name, stdout=out)
    return out.getvalue().strip()


# Who is let in ---------------------------------------------------------------------------------------------------------


def test_a_key_acts_as_its_account_and_only_its_digest_is_kept(world: World) -> None:
    make(Major, unit=world.own)
    key = key_for(world, "office")
    answer = Client().get(MAJORS, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200 and answer.json()["count"] == 1
    assert key not in ApiToken.objects.get().digest
    # What a key may do is what its account may do.
    student = key_for(world, "student")
    assert Client().get(MAJORS, headers={"Authorization": f"Bearer {student}"}).status_code == 403


def test_a_key_writes_without_a_csrf_token_and_the_event_names_its_account(world: World) -> None:
    record = make(Major, unit=world.own)
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {key_for(world, 'office')}"})
    assert send(client, "patch", f"{MAJORS}/{record.pk}", {"name": "旅游管理"}).status_code == 200
    assert Event.objects.filter(verb="changed", record_id=record.pk).get().actor_id == world.users["office"].pk


@pytest.mark.parametrize("spoil", ["revoke", "deactivate", "wrong", "none"])
def test_a_bad_key_is_answered_401(world: World, spoil: str) -> None:
    key = key_for(world, "office")
    if spoil == "revoke":
        call_command("api-token", "w-office", "数据中台", "--revoke", stdout=StringIO())
    elif spoil == "deactivate":
        type(world.users["office"]).objects.filter(username="w-office").update(is_active=False)
    header = (
        {"Authorization": f"Bearer {key[:-1]}!" if spoil == "wrong" else f"Bearer {key}"} if spoil != "none" else {}
    )
    answer = Client().get(MAJORS, headers=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert set(answer.json()) == {"detail", "errors"}


def test_a_session_must_bring_the_csrf_token(world: World) -> None:
    record = make(Major, unit=world.own)
    client = Client(enforce_csrf_checks=True)
    client.cookies = world.client("office").cookies
    assert send(client, "patch", f"{MAJORS}/{record.pk}", {"name": "旅游管理"}).status_code == 403
    record.refresh_from_db()
    assert record.name != "旅游管理"


# What is answered ------------------------------------------------------------------------------------------------------


def test_chinese_is_written_as_chinese_and_amounts_as_strings(world: World) -> None:
    grant = make(SupportGrant, unit=world.own, title="产教融合专项", amount=Decimal("1234567890123.45"))
    answer = world.client("office").get(f"/api/v1/partners/support_grant/{grant.pk}")
    assert "产教融合专项".encode() in answer.content
    found = answer.json()
    assert found["amount"] == "1234567890123.45"
    assert found["granted_on"] == grant.granted_on.isoformat()
    listed = world.client("office").get("/api/v1/partners/support_grant").json()["items"][0]
    assert listed["amount"] == "1234567890123.45"


def test_personal_data_is_masked_in_list_and_record(world: World) -> None:
    student = make(Student, unit=world.own, phone="13800001234")
    client = world.client("office")
    assert client.get(f"/api/v1/org/student/{student.pk}").json()["phone"] == "138****1234"
    assert client.get("/api/v1/org/student?columns=number,phone").json()["items"][0]["phone"] == "138****1234"
    # Sent back masked, or left out, it stays what it was.
    assert (
        send(client, "patch", f"/api/v1/org/student/{student.pk}", {"phone": "138****1234", "name": "王五"}).status_code
        == 200
    )
    student.refresh_from_db()
    assert (student.phone, student.name) == ("13800001234", "王五")


def test_the_same_filters_search_order_and_columns_as_on_the_page(world: World) -> None:
    first = make(Major, unit=world.own, name="酒店管理")
    second = make(Major, unit=world.sibling, name="酒店工程")
    make(Major, unit=world.sibling, name="会计")
    client = world.client("office")

    def names(query: str) -> list[str]:
        return [item["name"] for item in client.get(f"{MAJORS}?columns=name&{query}").json()["items"]]

    assert names("q=酒店&sort=-code") == [second.name, first.name]
    assert names(f"unit={world.own.pk}") == [first.name]
    page = client.get(f"{MAJORS}?page_size=2&page=2&columns=name").json()
    assert (page["count"], page["page"], len(page["items"])) == (3, 2, 1)
    assert client.get(f"{MAJORS}?page=9").json()["items"] == []
    titles = client.get(f"{MAJORS}?columns=unit&titles=1").json()["titles"]
    assert titles["unit"][str(world.own.pk)] == "本学院"


def test_page_export_and_api_take_the_same_words_for_the_columns(world: World) -> None:
    make(Major, unit=world.own, name="酒店管理", code="540106")
    client = world.client("office")
    for query in ("columns=name,code", "columns=name&columns=code"):
        page = client.get(f"/org/major/?{query}").context["columns"]
        assert [column["key"] for column in page] == ["name", "code"]
        exported = b"".join(client.get(f"/org/major/export.csv?{query}").streaming_content).decode("utf-8-sig")
        assert exported.splitlines()[1] == "酒店管理,540106"
        item = client.get(f"{MAJORS}?{query}").json()["items"][0]
        assert set(item) == {"id", "name", "code"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("colour=red", 400),
        ("columns=code,colour", 400),
        ("page=0", 400),
        ("page_size=501", 400),
        ("starts_on_from=yesterday", 422),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_not_ignored(world: World, query: str, status: int) -> None:
    answer = world.client("office").get(f"{MAJORS}?{query}")
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_an_archived_record_is_listed_only_when_asked_for(world: World) -> None:
    record = make(Major, unit=world.own)
    client = world.client("office")
    assert client.delete(f"{MAJORS}/{record.pk}?archive=1").status_code == 204
    assert client.get(MAJORS).json()["count"] == 0
    assert client.get(f"{MAJORS}?archived=1").json()["count"] == 1


# Writing ---------------------------------------------------------------------------------------------------------------


def test_relations_are_sent_by_id_code_or_name(world: World) -> None:
    group = make(MajorGroup, unit=world.own)
    leader = make(Person, unit=world.own, name="林海")
    base = {"name": "茶艺", "starts_on": "2024-09-01", "years": "3.0"}
    client = world.client("office")
    by_id = send(
        client, "post", MAJORS, {**base, "code": "540101", "unit": world.own.pk, "group": group.pk, "leader": leader.pk}
    )
    by_code = send(
        client,
        "post",
        MAJORS,
        {**base, "code": "540102", "unit": "W1", "group": group.code, "leader": leader.staff_number},
    )
    by_name = send(
        client, "post", MAJORS, {**base, "code": "540103", "unit": "本学院", "group": group.name, "leader": "林海"}
    )
    for answer in (by_id, by_code, by_name):
        assert answer.status_code == 201, answer.json()
        found = answer.json()
        assert (found["unit"], found["group"], found["leader"]) == (world.own.pk, group.pk, leader.pk)


def test_each_fault_is_named_at_its_field_in_the_readers_language(world: World) -> None:
    client = world.client("office")
    sent = {"code": "12", "unit": 999_999_999, "colour": "red"}
    assert set(send(client, "post", MAJORS, sent).json()["errors"]) == {"colour"}
    del sent["colour"]
    chinese = send(client, "post", MAJORS, sent, headers={"Accept-Language": "zh-hans"})
    english = send(client, "post", MAJORS, sent, headers={"Accept-Language": "en"})
    assert chinese.status_code == english.status_code == 422
    assert set(chinese.json()["errors"]) == set(english.json()["errors"]) == {"code", "name", "unit", "starts_on"}
    assert english.json()["errors"]["code"] == ["A major code is six digits, with K when the state controls it."]
    assert chinese.json()["errors"]["code"] != english.json()["errors"]["code"]
    assert not Major.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"[1]", "名称".encode("gb18030")])
def test_a_body_that_is_not_an_object_is_400(world: World, body: bytes) -> None:
    answer = world.client("office").post(MAJORS, body, content_type="application/json")
    assert answer.status_code == 400


def test_a_record_cannot_be_put_out_of_ones_own_reach(world: World) -> None:
    cohort = make(Cohort, unit=world.own)
    foreign = make(Major, unit=world.sibling)
    client = world.client("dean")
    assert send(client, "patch", f"/api/v1/org/cohort/{cohort.pk}", {"name": "二班"}).status_code == 200
    assert send(client, "patch", f"/api/v1/org/cohort/{cohort.pk}", {"major": foreign.pk}).status_code == 422
    cohort.refresh_from_db()
    assert cohort.major_id != foreign.pk


def test_a_change_by_somebody_else_meanwhile_is_409(world: World) -> None:
    record = make(Major, unit=world.own)
    client = world.client("office")
    seen = client.get(f"{MAJORS}/{record.pk}").json()["updated_at"]
    assert send(client, "patch", f"{MAJORS}/{record.pk}", {"name": "一", "updated_at": seen}).status_code == 200
    assert send(client, "patch", f"{MAJORS}/{record.pk}", {"name": "二", "updated_at": seen}).status_code == 409
    record.refresh_from_db()
    assert record.name == "一"


def test_what_others_hang_on_is_not_deleted(world: World) -> None:
    cohort = make(Cohort, unit=world.own)
    answer = world.client("office").delete(f"{MAJORS}/{cohort.major_id}")
    assert answer.status_code == 409 and answer.json()["detail"]


def test_acting_on_one_and_on_many(world: World) -> None:
    client, base = world.client("office"), "/api/v1/partners/organisation"
    firms = [make(Organisation, unit=world.own) for _i in range(3)]
    assert "activate" in client.get(f"{base}/{firms[0].pk}").json()["actions"]
    assert send(client, "post", f"{base}/{firms[0].pk}/act/activate").json()["status"] == "active"
    assert send(client, "post", f"{base}/{firms[0].pk}/act/activate").status_code == 409
    assert send(client, "post", f"{base}/{firms[0].pk}/act/rest").status_code == 422
    answer = send(client, "post", f"{base}/act/activate", {"ids": [*(firm.pk for firm in firms), 999_999_999]}).json()
    assert answer["done"] == [firms[1].pk, firms[2].pk]
    assert [item["id"] for item in answer["refused"]] == [firms[0].pk, 999_999_999]
    assert all(item["detail"] for item in answer["refused"])
    assert send(client, "post", f"{base}/act/activate", {}).status_code == 422


def test_what_is_read_can_be_written(world: World, sheet: Sheet) -> None:
    """The fields of a record, sent back under a role that may add, make the same record again."""
    role = next((role for role in world.users if world.extent(sheet.key, role, "add") == "all"), None)
    if role is None:
        pytest.skip("nobody adds these for the whole school")
    record = make(sheet.model, unit=world.own, full=True)
    domain, name = sheet.key.split(".")
    client, url = world.client(role), f"/api/v1/{domain}/{name}"
    read = client.get(f"{url}/{record.pk}").json()
    masked = {field for field in sheet.form_fields if getattr(sheet.fields[field], "masked", False)}
    sent = {field: read[field] for field in sheet.form_fields if field not in masked}
    record.delete()
    answer = send(client, "post", url, sent)
    assert answer.status_code == 201, f"{sheet.key}: {answer.json()}"
    again = answer.json()
    assert {field: again[field] for field in sent} == sent


# Description, search, commands -----------------------------------------------------------------------------------------


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        return {node["$ref"]} if "$ref" in node else set().union(*map(references, node.values()), set())
    return set().union(*map(references, node), set()) if isinstance(node, list) else set()


def test_the_description_is_whole_and_speaks_the_readers_language(world: World) -> None:
    client = world.client("office")
    found = client.get("/api/v1/openapi.json", headers={"Accept-Language": "en"}).json()
    assert found["openapi"].startswith("3.1")
    assert references(found) <= {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    major = found["components"]["schemas"]["OrgMajor"]["properties"]
    assert major["years"]["format"] == "decimal"
    status = found["components"]["schemas"]["PartnersOrganisation"]["properties"]["status"]
    assert "active" in status["enum"] and "active" in status["description"]
    filters = {item["name"] for item in found["paths"][MAJORS]["get"]["parameters"]}
    assert {"unit", "starts_on_from", "page_size", "q"} <= filters
    chinese = client.get("/api/v1/openapi.json", headers={"Accept-Language": "zh-hans"}).json()
    assert (
        chinese["components"]["schemas"]["OrgMajor"]["properties"]["years"]["description"]
        != major["years"]["description"]
    )
    operations = [item["operationId"] for path in found["paths"].values() for item in path.values()]
    assert len(operations) == len(set(operations))


def test_answers_are_as_described(world: World, sheet: Sheet) -> None:
    """Every field given out is one that the description names, with a value of its type."""
    record = make(sheet.model, unit=world.own, full=True)
    domain, name = sheet.key.split(".")
    client = world.client("office")
    described = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    title = schema_name(sheet)
    read = client.get(f"/api/v1/{domain}/{name}/{record.pk}").json()
    columns = ",".join(sheet.all_columns)
    item = client.get(f"/api/v1/{domain}/{name}?columns={columns}").json()["items"][0]
    kinds = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    for schema, answer in ((described[title], read), (described[f"{title}Item"], item)):
        assert set(answer) <= set(schema["properties"])
        for field, value in answer.items():
            told = schema["properties"][field].get("type")
            if told is None:
                continue
            types = told if isinstance(told, list) else [told]
            assert any(isinstance(value, kinds[kind]) for kind in types), (
                f"{sheet.key}.{field}: {value!r} is no {types}"
            )
            enum = schema["properties"][field].get("enum")
            assert enum is None or value in enum, f"{sheet.key}.{field}: {value!r} is none of {enum}"


def test_search_finds_by_two_characters_what_the_caller_may_see(world: World) -> None:
    make(Student, unit=world.own, name="符海燕")
    make(Unit, unit=world.school, name="海燕学院")
    found = world.client("office").get("/api/v1/search?q=海燕").json()["groups"]
    assert {group["type"] for group in found} == {"org.student", "org.unit"}
    found = world.client("finance").get("/api/v1/search?q=海燕").json()["groups"]
    assert {group["type"] for group in found} == {"org.unit"}
    assert world.client("office").get("/api/v1/search?q=海").json()["groups"] == []


def test_describe_gives_what_the_command_gives(world: World) -> None:
    out = StringIO()
    call_command("describe", "org.major", "--json", stdout=out)
    answer = world.client("office").get("/api/v1/describe/org.major", headers={"Accept-Language": "zh-hans"})
    assert answer.json()["columns"] == json.loads(out.getvalue())["columns"]
    assert world.client("office").get("/api/v1/describe/no.such").status_code == 404


def test_export_sheet_writes_what_the_account_may_take_out(world: World, tmp_path: Path) -> None:
    mine = make(Cohort, unit=world.own)
    make(Cohort, unit=world.sibling)
    target = tmp_path / "班级.csv"
    out = StringIO()
    call_command("export-sheet", "org.cohort", str(target), "--as", "w-dean", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["rows"] == 1 and mine.code in target.read_text(encoding="utf-8-sig")
    assert len(answer["sha256"]) == 64
    assert Event.objects.get(verb="exported").actor_id == world.users["dean"].pk
    call_command("export-sheet", "org.cohort", str(target), "--filter", f"q={mine.code}", "--json", stdout=StringIO())
    assert [path.name for path in tmp_path.iterdir()] == ["班级.csv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["no.such", "x.csv"],
        ["org.cohort", "x.pdf"],
        ["org.cohort", "/no/such/folder/x.csv"],
        ["org.cohort", "x.csv", "--as", "nobody-at-all"],
        ["org.cohort", "x.csv", "--as", "w-student"],
        ["org.cohort", "x.csv", "--filter", "colour=red"],
        ["org.cohort", "x.csv", "--filter", "colour"],
        ["org.cohort", "x.csv", "--filter", "entry_year_from=last"],
    ],
)
def test_export_sheet_refuses_a_bad_call_in_one_sentence(
    world: World, arguments: list[str], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as refused:
        call_command("export-sheet", *arguments, stdout=StringIO())
    assert refused.value.returncode == 2
    assert not list(tmp_path.iterdir())


def test_a_membership_that_ended_ends_the_keys_rights(world: World) -> None:
    key = key_for(world, "office")
    world.people["office"].memberships.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert Client().get(MAJORS, headers={"Authorization": f"Bearer {key}"}).status_code == 403
