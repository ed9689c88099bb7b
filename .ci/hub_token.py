"""What detect-secrets doesn't know: access tokens of the Hugging Face Hub."""

from __future__ import annotations

import re

from detect_secrets.plugins.base import RegexBasedDetector


class HubTokenDetector(RegexBasedDetector):
    """hf_ and 34 letters or digits."""

    secret_type = "Hugging Face token"
    denylist = (re.compile(r"\bhf_[A-Za-z0-9]{34}\b"),)
