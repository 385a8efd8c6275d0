"""A callback while another message of the browser waits, in Streamlit's own runner."""

from streamlit.testing.v1 import AppTest


def _page():
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from app.session import url_state
    from app.session.callbacks import uninterrupted

    if "is back" in st.session_state:
        get_script_run_ctx().is_history_navigation = True
    url_state.restore_latest()

    def pressed(name):
        context = get_script_run_ctx()
        # What comes from the browser while the callback is at work comes in here.
        context.script_requests.request_rerun(
            RerunData(page_script_hash=context.page_script_hash, query_string=context.query_string)
        )
        st.session_state[f"{name} begun"] = True
        url_state.write({"pressed": name})
        st.session_state[f"{name} done"] = True

    st.button("bare", on_click=pressed, args=("bare",))
    st.button("whole", on_click=uninterrupted(pressed), args=("whole",))
    st.text(" ".join(sorted(key for key in st.session_state if key.endswith("done"))))


def test_a_press_is_carried_out_although_another_message_waits():
    page = AppTest.from_function(_page).run()
    page.button[0].click().run()
    assert page.text[0].value == "", (
        "Streamlit carries it out by itself: app.session.callbacks can go"
    )
    page.button[1].click().run()
    assert page.text[0].value == "whole done"
    assert page.query_params["pressed"] == "whole"


def test_a_step_back_in_the_browser_is_not_taken_for_an_old_message():
    page = AppTest.from_function(_page).run()
    page.button[1].click().run()
    page.query_params.clear()
    page.run()
    assert page.query_params["pressed"] == "whole"
    page.query_params.clear()
    page.session_state["is back"] = True
    page.run()
    assert page.query_params == {}


def test_the_message_that_waited_is_heard_next():
    page = AppTest.from_function(_heard).run()
    page.button[0].click().run()
    assert [item.value for item in page.text] == ["2 runs", "the address of the message"]


def _heard():
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from app.session.callbacks import uninterrupted

    def pressed():
        context = get_script_run_ctx()
        context.script_requests.request_rerun(
            RerunData(page_script_hash=context.page_script_hash, query_string="of=the+message")
        )

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("press", on_click=uninterrupted(pressed))
    st.text(f"{st.session_state['runs']} runs")
    st.text("the address of the message" if "of" in st.query_params else "")
