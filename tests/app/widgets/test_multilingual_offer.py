"""The offer of an encoder that reads many languages, where words are not in English."""

from app.services import jobs
from panoptic_data.encoders import MULTILINGUAL
from panoptic_data.storage.project import open_project
from panoptic_data.views import model
from panoptic_data.views.model import View
from tests.app.page import buttons, run
from tests.app.widgets.searches import search_condition

ADD, REFUSE = "Add it", "Not now"


def searched(words):
    return model.to_address(View((search_condition(words),)))


def test_it_is_offered_where_the_page_or_the_words_are_not_english(two_encoders):
    assert ADD in buttons(run(view=searched("femmes avec des chapeaux")))
    assert "L’ajouter" in buttons(run(language="fr", view=searched("dress")))
    assert ADD not in buttons(run(view=searched("a red dress")))
    assert "L’ajouter" not in buttons(run(language="fr"))
    # Who refused it is left alone for as long as the page is open.
    page = run(view=searched("été"))
    page.button(key="multilingual_refuse").click().run()
    assert ADD not in buttons(page)


def test_one_press_adds_it_and_computes_its_vectors(two_encoders, monkeypatch):
    project, _ = two_encoders
    started = []
    monkeypatch.setattr(jobs, "start_processing", lambda of: started.append(of.root))
    page = run(language="fr", view=searched("robe rouge"))
    page.button(key="multilingual_add").click().run()
    # First, so that words are searched with it.
    assert open_project(project.root).encoders[0] == MULTILINGUAL
    assert started == [project.root]
    assert "L’ajouter" not in buttons(page)
