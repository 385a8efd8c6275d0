"""The declaration of every table."""

import pyarrow as pa
import pytest

from panoptic_data.storage.schema import TABLES, arrow, table_name, table_of


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_distinct_columns_and_its_key_among_them(name):
    table = TABLES[name]
    columns = [column.name for column in table.columns]
    assert table.name == name
    assert table.key in columns
    assert len(set(columns)) == len(columns)


def test_a_table_of_an_encoder_is_found_by_its_name_in_the_database():
    assert table_name("images") == "images"
    assert table_name("embeddings", "clip-vit-b-32") == "embeddings__clip-vit-b-32"
    assert table_of("embeddings__clip-vit-b-32") is TABLES["embeddings"]
    assert table_of("images") is TABLES["images"]


def test_vectors_have_the_length_of_their_encoder():
    schema = arrow("embeddings__visual", 7)
    assert schema.field("vector").type == pa.list_(pa.float16(), 7)
    with pytest.raises(ValueError, match="embeddings__visual holds vectors"):
        arrow("embeddings__visual")


def test_columns_come_in_the_order_of_the_declaration():
    assert arrow("sources").names == ["name", "uri", "added_at", "options"]
    assert arrow("sources").field("added_at").type == pa.timestamp("us", tz="UTC")
