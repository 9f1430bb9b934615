"""The operations to read in the browser: all that a program may call, for whoever may see the record type."""

from __future__ import annotations

import json
import shlex

from django.test import Client

from tests.factories import World

PAGE = "/api/v1/docs/"


def test_every_operation_of_a_type_is_shown_with_fields_filters_and_example(world: World) -> None:
    page = world.client("office").get(f"{PAGE}org/major/")
    assert "⟦undefined" not in page.content.decode()
    operations = {op["key"]: op for op in page.context["operations"]}
    assert {op["method"] for op in operations.values()} == {"GET", "POST", "PATCH", "DELETE"}
    listed = operations["list_org_major"]
    assert {"unit", "columns", "page_size"} <= {item["name"] for item in listed["parameters"]}
    assert "code" in {field["name"] for field in listed["answer"]["rows"]}
    assert {f["name"] for f in operations["add_org_major"]["fields"] if f["required"]} == {
        "code",
        "name",
        "unit",
        "starts_on",
    }


def test_an_example_may_be_sent_as_it_stands(world: World) -> None:
    page = world.client("office").get(f"{PAGE}org/major/")
    example = next(op["example"] for op in page.context["operations"] if op["key"] == "add_org_major")
    words = shlex.split(example.replace("\\\n", ""))
    body = json.loads(words[words.index("-d") + 1]) | {"unit": world.own.code, "code": "540106"}
    answer = world.client("office").post(
        words[5].removeprefix("http://testserver"), json.dumps(body), "application/json"
    )
    assert answer.status_code == 201, answer.content.decode()


def test_the_overview_names_what_the_reader_may_see(world: World) -> None:
    office = world.client("office").get(PAGE)
    assert {"describe", "search", "take_import"} <= {op["key"] for op in office.context["common"]}
    shown = {row["key"] for group in office.context["groups"] for row in group["rows"]}
    assert "org.major" in shown
    nobody = world.client("nobody").get(PAGE)
    assert nobody.status_code == 200 and not nobody.context["groups"]
    assert world.client("nobody").get(f"{PAGE}org/major/").status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert PAGE in world.client("office").get("/notices/").content.decode(), "linked from the profile menu"
