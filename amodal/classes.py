"""The classes of the project. On their own, so that streets are drawn without torch."""

CLASSES = (
    "unknown",
    "car",
    "van",
    "truck",
    "bus",
    "tram",
    "person",
    "cyclist",
    "bicycle",
    "motorcycle",
)
