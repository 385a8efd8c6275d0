"""What goes with an encoder; moved weights are tested through whole runs (``tests/pipelines``)."""

import pytest

from panoptic_data.storage.project import create_project, set_encoders
from panoptic_data.storage.schema import TABLES, arrow
from panoptic_data.vectors import encoder_changes

OF_ENCODERS = [name for name, table in TABLES.items() if table.per_encoder]


@pytest.fixture
def project(tmp_path):
    created = set_encoders(create_project(tmp_path / "project"), ("clip", "visual"))
    for slug in ("clip", "visual"):
        for name in OF_ENCODERS:
            table = f"{name}__{slug}"
            created.database().replace(table, arrow(table, 2).empty_table())
    return created


def test_every_table_of_an_encoder_goes_with_it_and_none_of_another(project):
    planned = encoder_changes.removal(project, "visual")
    assert sorted(planned.tables) == sorted(f"{name}__visual" for name in OF_ENCODERS)
    left = encoder_changes.remove(project, "visual")
    assert left.encoders == ("clip",)
    names = project.database().names()
    assert {f"{name}__clip" for name in OF_ENCODERS} <= names
    assert not [name for name in names if name.endswith("__visual")]
