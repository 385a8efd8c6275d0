"""What is new in the folders, said on every page, and the choice to process it by itself."""

import pytest

from app.services import folder_watch, jobs
from app.services.folder_watch import FoldersState
from panoptic_data.ingest import sources
from panoptic_data.ingest.news import FolderNews
from tests.app.page import buttons, page_text, run

NEWS = FolderNews("posters", new=12, changed=1)
CARDS = FolderNews("cards", new=1, vanished=2)


@pytest.fixture
def started(monkeypatch):
    """The sources that processing was started for; nothing is processed."""
    requested = []
    monkeypatch.setattr(jobs, "start_processing", lambda _, sources: requested.append(sources))
    return requested


@pytest.fixture
def project(corpus, tmp_path):
    for name in ("posters", "cards"):
        (tmp_path / name).mkdir()
        sources.add(corpus, tmp_path / name)
    return corpus


@pytest.fixture
def tell(monkeypatch):
    """Say what is new in the folders, and how they are watched."""

    def say(*news, **modes):
        state = FoldersState(news, modes)
        monkeypatch.setattr(folder_watch, "current", lambda _: state)

    return say


@pytest.mark.parametrize(
    ("language", "news", "text"),
    [
        ("en", [NEWS], "12 new files, 1 changed file in posters"),
        ("fr", [NEWS], "12 nouveaux fichiers, 1 fichier modifié dans posters"),
        ("en", [NEWS, CARDS], "13 new files, 1 changed file, 2 files gone in 2 folders"),
        ("en", [FolderNews("posters", is_away=True)], "The folder of posters is not there"),
        ("en", [FolderNews("posters", withheld=30)], "Many files of posters are not found"),
    ],
)
def test_what_is_new_is_said_on_every_page(project, tell, language, news, text):
    tell(*news)
    assert text in page_text(run(language))


def test_what_is_new_is_processed_by_a_press(project, tell, started):
    tell(NEWS, CARDS)
    run().button(key="process_news").click().run()
    assert started == [["posters", "cards"]]


def test_nothing_new_is_not_worth_a_word(project, tell):
    tell(FolderNews("posters"))
    page = run()
    assert 'class="work' not in page_text(page)
    assert "Process" not in buttons(page)


def test_what_is_processed_by_itself_is_only_announced(project, tell):
    sources.set_automatic(project, "posters", True)
    tell(NEWS)
    page = run()
    assert "in posters · processed once copying has ended" in page_text(page)
    assert "Process" not in buttons(page)


def test_folders_to_process_by_themselves_are_chosen_on_the_page_pipeline(project):
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_function(_folders, default_timeout=60)
    page.session_state["language"] = "en"
    page.run()
    [choice] = page.get("button_group")
    choice.set_value(["cards"]).run()
    assert {s.name: s.is_automatic for s in sources.listing(project)} == {
        "cards": True,
        "posters": False,
    }
    # Changed elsewhere, the page shows it and leaves it.
    sources.set_automatic(project, "posters", True)
    page.run()
    [choice] = page.get("button_group")
    assert sorted(choice.value) == ["cards", "posters"]
    assert [item.message for item in page.exception] == []
    assert all(source.is_automatic for source in sources.listing(project))


def test_a_folder_that_is_polled_says_so(project, tell):
    from streamlit.testing.v1 import AppTest

    tell(posters="limit", cards="notices")
    page = AppTest.from_function(_folders, default_timeout=60)
    page.session_state["language"] = "en"
    page.run()
    assert page_text(page).count("has no more watches to give") == 1


def _folders():
    from app.session import state
    from app.widgets import folders

    folders.show(state.project())
