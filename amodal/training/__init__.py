"""Training of Amodal-VAE in three stages (paper section 4.1). The app never imports this."""
