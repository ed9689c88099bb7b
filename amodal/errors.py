"""The one exception that is meant for the user's eyes."""


class AmodalError(Exception):
    """A user's mistake or bad luck, in one clear sentence that says what to do.

    The demo shows it as a toast, the command line as one line. A caller's bug is a ValueError.
    """
