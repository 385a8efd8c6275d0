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


def test_a_message_older_than_a_change_of_pages_does_not_lead_back():
    page = AppTest.from_function(_left).run()
    page.button[0].click().run()
    assert page.text[0].value == "explore"
    # It names the page and the address of before.
    page.query_params.clear()
    page.run()
    assert page.text[0].value == "explore"
    # A link to that page, pressed since, names the address of now.
    page.run()
    assert page.text[0].value == "import"


def test_what_is_pressed_now_leads_further_than_a_message_of_before():
    page = AppTest.from_function(_resumed).run()
    page.button[0].click().run()
    assert page.text[0].value == "explore"
    page.button[1].click().run()
    assert page.text[0].value == "import"


def _resumed():
    import time

    import streamlit as st

    from app.session import navigation
    from app.session.callbacks import uninterrupted

    def pressed():
        navigation.to("explore")
        late()

    def late():
        # As if that page had just been reached.
        st.session_state[navigation.REACHED] = (time.monotonic(), ("import", None, False))
        navigation.repeat_last()

    asked = st.session_state.pop(navigation.REQUESTED, None)
    st.button("show", on_click=uninterrupted(pressed))
    st.button("late", on_click=uninterrupted(late))
    st.text("" if asked is None else asked[0])


def _left():
    import streamlit as st

    from app.session import navigation, url_state
    from app.session.callbacks import uninterrupted

    def pressed():
        url_state.write({"view": "these"})
        # As if the other page had been drawn then.
        st.session_state[navigation.DRAWN] = ("another", "explore")
        navigation.to("explore")

    url_state.restore_latest()
    if url_state.is_message_stale():
        navigation.stay_on_drawn_page()
    asked = st.session_state.pop(navigation.REQUESTED, None)
    st.button("show", on_click=uninterrupted(pressed))
    st.text("import" if asked is None else asked[0])


def test_the_message_that_waited_is_heard_next():
    page = AppTest.from_function(_heard).run()
    page.button[0].click().run()
    assert [one.value for one in page.text] == ["2 runs", "the address of the message"]


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
