"""Files that vanish leave what is computed of all images; returning, they cost nothing."""

import shutil

from pipelines.process import process
from pipelines.request import Request

TABLES = ("neighbours__visual", "projection__visual", "clusters__visual", "duplicates")


def rows_of(project):
    database = project.database()
    tables = {name: database.frame(name) for name in (*TABLES, "cluster_info__visual")}
    return {
        name: frame.drop("run").sort(frame.columns[0])
        if name in ("neighbours__visual", "cluster_info__visual", "duplicates")
        # An image that returns keeps the run that placed it.
        else frame.sort("sha1")
        for name, frame in tables.items()
    }


def test_files_that_vanish_and_return(processed, folder, tmp_path, first):
    before = rows_of(processed)
    gone = sorted(folder.rglob("*.jpg"))[:6]
    sha1s = dict(processed.database().frame("files", ["path", "sha1"]).iter_rows())
    left = {sha1s[str(path.relative_to(folder))] for path in gone}
    for path in gone:
        (tmp_path / path.parent.name).mkdir(exist_ok=True)
        shutil.move(path, tmp_path / path.parent.name / path.name)
    away = process(processed, Request())

    assert away["problems"] == []
    assert away["embedded"] == 0
    tables = rows_of(processed)
    for name in TABLES:
        assert not left & set(tables[name]["sha1"])
    named = {sha1 for ids in tables["neighbours__visual"]["ids"] for sha1 in ids}
    assert not left & named
    assert tables["cluster_info__visual"].filter("main")["size"].sum() == 34
    assert not left & set(tables["cluster_info__visual"]["medoid"])
    assert processed.database().count("embeddings__visual") == 40

    for path in gone:
        shutil.move(tmp_path / path.parent.name / path.name, path)
    back = process(processed, Request())
    assert back["problems"] == []
    assert back["embedded"] == 0
    assert back["stages"]["images/pictures"]["changed"] == 0
    assert {name: frame.equals(before[name]) for name, frame in rows_of(processed).items()} == (
        dict.fromkeys(before, True)
    )
    versions = {stage: row["data_version"] for stage, row in back["stages"].items()}
    for stage in ("corpus", "neighbours/visual", "projection/visual", "clusters/visual"):
        assert versions[stage] == first["stages"][stage]["data_version"]


def test_a_refit_names_one_run_and_one_fit(processed):
    answer = process(processed, Request(refit=True))
    database = processed.database()
    for name in ("projection__visual", "clusters__visual", "cluster_info__visual"):
        rows = database.frame(name)
        assert set(rows["run"]) == {answer["run"]}
        assert rows["fit"].n_unique() == 1
        assert rows["fit"].null_count() == 0


def test_the_corpus_says_what_came_and_left(processed, folder, first):
    assert first["stages"]["corpus"]["new"] == 40
    for path in sorted(folder.rglob("*.jpg"))[:3]:
        path.unlink()
    answer = process(processed, Request())
    corpus = answer["stages"]["corpus"]
    assert (corpus["status"], corpus["new"], corpus["changed"]) == ("made", 0, 3)
