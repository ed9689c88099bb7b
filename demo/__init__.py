"""The demo: everything that knows Gradio. Layout, events, texts; no maths."""
