"""The weights registry: repo + revision + sha256 → a verified local file.

Third-party weights come from the Hugging Face Hub at first use (`fetch`). The project's own weights
are bundled in `weights/`, or come from a folder or a Hub repo that the user names (`fetch_own`).
`python -m amodal.hub push --repo OWNER/NAME` publishes them.
"""

from amodal.hub.download import fetch, fetch_own
from amodal.hub.integrity import read_tensors
from amodal.hub.manifest import (
    BUNDLED,
    Entry,
    WeightFile,
    describe_file,
    read_manifest,
    replace_entry,
)
from amodal.hub.notice import Notice, WeightsUnavailable
from amodal.hub.publish import push

__all__ = [
    "BUNDLED",
    "Entry",
    "Notice",
    "WeightFile",
    "WeightsUnavailable",
    "describe_file",
    "fetch",
    "fetch_own",
    "push",
    "read_manifest",
    "read_tensors",
    "replace_entry",
]
