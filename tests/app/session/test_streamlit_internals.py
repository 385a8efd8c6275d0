"""Private parts of Streamlit still have the shape that we rely on, and are still needed."""

from contextvars import copy_context

import pytest
import streamlit as st
from streamlit import delta_generator_singletons
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.testing.v1 import AppTest

from app.session import streamlit_internals


def test_outside_of_a_run_there_is_no_page_and_no_history():
    assert streamlit_internals.page_script_hash() is None
    assert streamlit_internals.is_history_navigation() is False
    with streamlit_internals.deferred_messages():
        pass


def _page():
    import streamlit as st

    from app.session import streamlit_internals

    st.text(streamlit_internals.page_script_hash())
    st.text(streamlit_internals.is_history_navigation())
    if st.session_state.get("leave_container"):
        with st.container(border=True):
            streamlit_internals.reset_container_stack()
            st.text("outside")


def test_a_run_knows_the_page_of_its_message():
    page = AppTest.from_function(_page).run()
    assert not page.exception
    script_hash, is_history_navigation = (text.value for text in page.text)
    assert len(script_hash) > 8
    assert is_history_navigation == "False"


def test_what_is_drawn_after_a_reset_is_outside_of_the_container():
    page = AppTest.from_function(_page)
    page.session_state["leave_container"] = True
    page.run()
    assert not page.exception
    assert "outside" in [child.value for child in page.main if child.type == "text"]


def test_a_new_thread_of_streamlit_starts_with_the_stack_that_a_reset_gives():
    def fresh_and_reset():
        fresh = delta_generator_singletons.context_dg_stack.get()
        with st.container():
            streamlit_internals.reset_container_stack()
            return fresh, delta_generator_singletons.context_dg_stack.get()

    fresh, reset = copy_context().run(fresh_and_reset)
    assert reset == fresh


def _deferring():
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from app.session.streamlit_internals import deferred_messages

    def press(is_deferred):
        context = get_script_run_ctx()
        context.script_requests.request_rerun(
            RerunData(page_script_hash=context.page_script_hash, query_string="")
        )
        if not is_deferred:
            st.session_state["bare"] = True
            return
        with deferred_messages():
            with deferred_messages():
                st.session_state["inner"] = True
            st.session_state["outer"] = True

    st.button("bare", on_click=press, args=(False,))
    st.button("deferred", on_click=press, args=(True,))
    st.text(" ".join(key for key in ("bare", "inner", "outer") if key in st.session_state))


def test_streamlit_still_ends_a_callback_when_a_message_waits():
    page = AppTest.from_function(_deferring).run()
    page.button[0].click().run()
    assert page.text[0].value == "", "Streamlit finishes it: deferred_messages can go"


def test_a_callback_goes_on_while_messages_are_deferred():
    page = AppTest.from_function(_deferring).run()
    page.button[1].click().run()
    assert page.text[0].value == "inner outer"


def test_script_requests_have_the_method_that_is_replaced():
    requests = ScriptRequests()
    assert requests.on_scriptrunner_yield() is None
    requests.request_rerun(RerunData())
    # An attribute of the instance goes before the method, and can be taken off again.
    assert "on_scriptrunner_yield" not in vars(requests)
    vars(requests)["on_scriptrunner_yield"] = lambda: None
    assert requests.on_scriptrunner_yield() is None
    del vars(requests)["on_scriptrunner_yield"]
    assert requests.on_scriptrunner_yield() is not None


@pytest.mark.parametrize("name", ["page_script_hash", "is_history_navigation", "script_requests"])
def test_the_context_of_a_run_has_what_is_read(name):
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

    assert name in ScriptRunContext.__dataclass_fields__ or hasattr(ScriptRunContext, name)
