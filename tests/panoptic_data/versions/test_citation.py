"""Names of authors in CITATION.cff: as they were given, taken apart only where that is certain."""

import pytest

from panoptic_data.versions.deposit import citation
from panoptic_data.versions.deposit.description import Author

ORCID = "https://orcid.org/0000-0002-1825-0097"


@pytest.mark.parametrize(
    ("author", "lines"),
    [
        (Author("Lovelace, Ada"), ['family-names: "Lovelace"', 'given-names: "Ada"']),
        (
            Author("Ada King Lovelace", ORCID),
            ['family-names: "Lovelace"', 'given-names: "Ada King"', f'orcid: "{ORCID}"'],
        ),
        (
            Author("Bibliothèque nationale de France"),
            ['name: "Bibliothèque nationale de France"'],
        ),
        (Author("Homer", ORCID), ['name: "Homer"', f'orcid: "{ORCID}"']),
    ],
)
def test_a_name_is_taken_apart_only_where_that_is_certain(author, lines):
    assert [line.lstrip(" -") for line in citation._author(author)] == lines
