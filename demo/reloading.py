"""A page that is loaded anew says that edits are gone, if there were any.

The server keeps a session only in its memory. When the connection breaks off, because the server
was restarted, Gradio's page waits for it and then loads itself anew; so does a user by accident.
"""

from __future__ import annotations

import gradio as gr

from demo import text

# The browser's tab remembers it: of this page the server may know nothing any more.
LEFT = """() => {
  const key = "amodal-edits";
  const left = sessionStorage.getItem(key) !== null;
  sessionStorage.removeItem(key);
  addEventListener("pagehide", () => {
    const undo = document.querySelector("#undo");
    if (undo && !undo.disabled) sessionStorage.setItem(key, "1");
  });
  return left;
}"""


def tell_lost(left: bool) -> None:
    """A toast, if the page was left with edits."""
    if left:
        gr.Warning(text.LOST, duration=None)


def wire_reloading(page: gr.Blocks) -> None:
    """Ask the tab when the page is loaded."""
    left = gr.Checkbox(visible=False)
    page.load(tell_lost, left, js=LEFT, api_visibility="private")
