"""What is kept in memory of projects: of versions only those that were read last."""

from dataclasses import replace
from pathlib import Path

from panoptic_data.storage.folder import ProjectFolder
from panoptic_data.storage.per_project import VERSIONS_KEPT, PerProject

NOW = ProjectFolder(Path("/p"), "id", 1)


def test_versions_read_least_are_given_up_and_projects_never():
    kept = PerProject()
    other = replace(NOW, id="other")
    first = kept.of(NOW, list)
    kept.of(other, list)
    versions = [replace(NOW, version=str(number)) for number in range(VERSIONS_KEPT + 2)]
    values = [kept.of(version, list) for version in versions[:VERSIONS_KEPT]]
    assert kept.of(versions[0], list) is values[0]
    for version in versions[VERSIONS_KEPT:]:
        kept.of(version, list)
    left = [folder.version for folder in kept.folders() if folder.version]
    assert left == ["3", "0", "4", "5"]
    assert kept.of(NOW, list) is first
    assert other in kept.folders()
    assert kept.of(versions[1], list) is not values[1]


def test_what_is_empty_is_kept_too():
    kept = PerProject()
    value = kept.of(NOW, dict)
    assert kept.of(NOW, dict) is value
