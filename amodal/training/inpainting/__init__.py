"""Training of the inpainting network."""
