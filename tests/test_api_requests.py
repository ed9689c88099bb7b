"""What programs may ask for: the schema and the code that reads it agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from amodal.errors import AmodalError
from demo import api_schema as schemas
from demo.api_requests import PLACE, read_edits, read_evidence, read_settings
from tests.demo_parts import instances

OBJECTS = instances()
CHECK = Draft202012Validator(schemas.EDITS)
VALUES = st.sampled_from([0, 1, -1, 0.5, True, "0", [], [[1, 2]], [[1, 2, 3, 4]], [["x", 2]], {}])
KEYS = sorted({key for edit in schemas.EDIT.values() for key in edit["properties"]} - {"do"})


class Nowhere:
    """A scene that takes every edit."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self


def is_read(edit: Any) -> bool:
    try:
        for fields, target in read_edits([edit], OBJECTS):
            if fields.text("do") == "choose":
                fields.whole("shape", 0, read_settings(fields).samples)
                read_evidence(fields, target.instance)
            else:
                PLACE[fields.text("do")](Nowhere(), target.id, fields)
    except AmodalError:
        return False
    return True


@given(
    st.fixed_dictionaries(
        {"do": st.sampled_from([*schemas.EDIT, "explode", 1])},
        optional=dict.fromkeys([*KEYS, "more"], VALUES),
    )
)
@example({"do": "choose", "object": 1, "shape": 1, "inside": [[1, 2]], "absent": [[1, 2, 3, 4]]})
@example({"do": "move", "object": 0, "dx": 1, "dy": 0.5})
@example({"do": "scale", "object": 0, "factor": 0.5})
def test_an_edit_is_read_if_the_schema_allows_it(edit: dict) -> None:
    assert is_read(edit) == CHECK.is_valid([edit])


@pytest.mark.parametrize("do", schemas.EDIT)
def test_every_edit_of_the_schema_can_be_read(do: str) -> None:
    needed = dict.fromkeys(schemas.EDIT[do]["required"], 1)
    assert is_read({**needed, "do": do})
    assert CHECK.is_valid([{**needed, "do": do}])
    for missing in needed:
        if missing != "do":
            edit = {key: value for key, value in needed.items() if key != missing}
            assert not is_read({**edit, "do": do})
