"""Every text that a user of the demo reads, except the errors of the library."""

from __future__ import annotations

from demo.verbatim import verbatim

TITLE = "See the whole object"
INTRO = (
    "Pick an object that something hides. The model imagines its whole shape, several ways. "
    "Choose one, then move or remove the object."
)

TOOLS = {
    "pick": "Select",
    "add": "Add object",
    "clue": "Part of it?",
    "extent": "Full extent",
    "brush": "Paint",
    "erase": "Erase",
}
HINTS = {
    "pick": "Click an object, or drag it.",
    "add": "Click an object that has no outline yet, or drag a box around it.",
    "clue": (
        "Click a hidden spot that is or isn't part of the object, "
        "or drag a box where nothing of it is."
    ),
    "extent": "Drag a box around the object's full extent, hidden parts included.",
    "brush": "Paint what belongs to the object.",
    "erase": "Rub out what doesn't belong to the object.",
}
KEYS = "Keys and gestures"
KEY_LIST = (
    ("Tab, Enter", "go to an object, select it"),
    ("Drag", "move an object"),
    ("Arrows", "move the selected object; with Shift in larger steps"),
    ("Wheel, two fingers, + −", "resize the selected object"),
    ("Delete", "remove it"),
    ("[ ]", "send it back, bring it forward"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("C held", "see the photo"),
    ("Ctrl+wheel", "zoom the view"),
    ("Space and drag, drag beside the objects", "move the view"),
    ("Double click", "reset the view"),
)
VIEW = "View"
ZOOM_IN = "Zoom in"
ZOOM_OUT = "Zoom out"
ZOOM_FIT = "Reset the view"
SHOW_PHOTO = "Hold to see the photo"
PERSPECTIVE = "Grow when moved nearer"
CLOUD = "Cloud of samples"
HINT_EMPTY = (
    "No outlines yet: press “Detect all”, choose “Add object” and click one, or import masks."
)
HINT_PICKED = "Choose a shape below, then edit the object. Or click another one."
HINT_DRAFT = "Click more points to correct it, or use Paint and Erase. Then add it."
ALL_ERASED = "Nothing of the object would be left: erase less, or delete the object."
NOT_IN_PLACE = "The object was moved, but its mask belongs to the photo: put it back first."
NO_OBJECTS = "There are no objects yet: add one, or import masks."
NEED_NUMBERS = "Fill in the number of samples, the seed and the temperature."
NEED_SIZE = "Fill in the size: a number of per cent."
NEED_TURN = "Fill in the turn: a number of degrees."
NEED_SCORE = "Fill in how sure the detector must be: a number from 0 to 1."
NEED_MARGINS = "Fill in both widths."
NEED_OBJECT = "Select an object first: click it on the photo."
NEED_PHOTO = (
    "Open a photo first: choose an example or upload your own. If you had one open, the server was "
    "restarted or this page rested for hours, and what you had not saved as a project is gone."
)
LOST = (
    "The page was loaded anew, perhaps because the server was restarted: edits that you had not "
    "saved are gone. If you saved a project, go on with “Open a project”."
)
NOTHING_HERE = "No object here. Click an outline, or choose “Add object”."
OTHER_WEIGHTS = (
    "The project was made with other weights: its shapes are kept, but the same seed draws others."
)
EMPTY_STAGE = "Choose an example above, or open your own photo."

DISK_FULL = (
    "The server's disk is full, so nothing could be saved. Your edits are still here: "
    "try again in some minutes, and tell whoever runs this demo."
)
NO_MEMORY = (
    "The server has too little memory for this. Your edits are still here: try again in a minute, "
    "or open a smaller photo."
)
BUG = (
    "Something in the demo itself failed. Your edits are still here: try again, or do something "
    "else. Whoever runs the demo finds the reason in its log, as error {}."
)

STAGE = "Photo with its objects"
OPEN_PHOTO = "Open a photo"
OPEN_PROJECT = "Open a project"
IMPORT_MASKS = "Import masks"
EXAMPLES = "Examples"
TOOL = "Tool"
TAB_EDIT = "Edit"
TAB_COMPARE = "Before / after"
COMPARE = "Photo on the left, your edit on the right"
TAB_TRUTH = "Truth"
LESSON_PICK = "This street was rendered: the truth is known. Select an object on the **Edit** tab."
LESSON_PICKED = "This street was rendered: the truth is known. Left: imagined. Right: true."
TRUE_SHAPE = "True shape"
TRUE_COLOURS = "True colours"
TRUE_EDIT = "Edits with a known outcome"
TRUE_EDITS = {
    "delete": "Delete {}",
    "sideways": "Move {} sideways",
    "depth": "Move {} nearer or farther",
    "swap": "Swap {}",
}
NO_TRUE_EDIT = "Choose one: the model does it, and you see what the street really looks like."
NO_LESSON = "Nobody knows the truth about this photo: open one of the rendered streets."
TRUE_COMPARE = "Your edit on the left, the street rendered again on the right"
POINTS = "A click marks"
POINT_ON = "part of the object"
POINT_OFF = "not part of it"
FORGET_CLUES = "Clear marks"
CLUE_BOX = (
    "A box says where nothing of the object is: choose “not part of it” first. "
    "For a box around all of it, use “Full extent”."
)
CLUE_SEEN = "The photo shows that already: click where something hides the object."
POOR_SUPPORT = 0.25  # share of the samples below which the user is warned
BRUSH = "Brush radius (pixels)"

SHAPES = "Possible whole shapes"
SHAPES_KEY = (
    "Point at one to see it on the photo, click it to use it. A reading: samples that agree, the "
    "likeliest first. Px: area. IoU: how well it explains the visible part."
)
MODE_ALONE = "Unlike all readings"
NOTHING_SELECTED = (
    "**No object selected.** Click one on the photo to see what it could look like as a whole."
)
MODE = "Most likely"
CHANCE = "Probability map"
MAP = "What the samples say together"
MAPS = {"probability": "Probability", "uncertainty": "Uncertainty"}
MAP_KEYS = {
    "probability": (
        "How often the samples cover each point: violet rarely, yellow always. "
        "White line: what the photo shows."
    ),
    "uncertainty": (
        "Where the samples disagree: violet a few of them, yellow half of them (1 bit). "
        "White line: what the photo shows."
    ),
}
CLASS = "Class"
MORE = "Draw other shapes"
SAMPLES = "Number of samples"
SEED = "Seed"
TEMPERATURE = "Temperature (variety)"

DRAFT = "New object"
ADD = "Add it"
CANCEL = "Discard"
FORGET_BOX = "Forget the full-extent box"

DETECT = "Detect all"
DETECTED = "Detected objects"
SCORE = "At least this sure"
DETECTED_CLASSES = "Classes (number at this score)"
OTHER_THINGS = "other things"
NOTHING_DETECTED = "Nothing was detected: choose “Add object” and click what you mean."
PROGRESS_DETECTOR = "Fetching the detection network"
PROGRESS_DETECT = "Looking for objects, some seconds"
NO_CARD = "No graphics card could be had ({reason}), so a processor does it, which takes longer."

EDIT = "Edit"
EDITS = {
    "delete": "Delete",
    "flip": "Flip",
    "put_back": "Put back",
    "bring_forward": "Bring forward",
    "send_back": "Send back",
}
SIZE = "Size (%)"
TURN = "Turn (degrees)"
TURN_KEY = (
    "A generative preview: sides that the photo doesn't show are made up, "
    "and front and back may be mistaken."
)
PROGRESS_TURN = "Turning the car"
RIGHT = "Right (px)"
DOWN = "Down (px)"
MOVE = "Move"
MARGINS = "Edges of what was removed"
MARGINS_KEY = (
    "Wider, if a rim or a shadow of a removed or moved object is left. "
    "Shares of the object's own size."
)
RIM = "Rim (%)"
SHADOW = "Shadow strip below (%)"
HISTORY = {"undo": "Undo", "redo": "Redo", "reset": "Reset"}

LAYERS = "Layers"
LAYERS_ABOUT = "Layers, nearest first"
LAYER_KEYS = "Top: nearest to you. Drag a row by its dots, or press Alt with an arrow key."
LAYER_WORDS = {
    "empty": "No photo yet.",
    "background": "Background",
    "move": "Move {name}: drag, or Alt with arrow up or down",
    "pick": "Select {name}",
    "visible": "Show {name}",
    "locked": "Lock {name}",
    "moved": "{name}: place {place} of {count} from the front",
}

SAVE = "Save"
SAVE_PICTURE = {
    "save_picture": "Picture (PNG)",
    "save_masks": "Masks (JSON)",
    "save_layers": "Layers (ZIP)",
    "save_openraster": "OpenRaster (ORA)",
}
GO_ON = "To go on later"
SAVE_PROJECT = {"save_project": "Project (ZIP)", "copy_link": "Copy link"}
ANIMATION = "Animation"
FILMS = {"save_cloud": "Possible shapes", "save_before_after": "Before and after"}
FILM_FORM = "Format of the animation"
PROGRESS_FILM = "Making the animation"
NOTHING_EDITED = (
    "The picture is still the photo: delete, move or change an object first, then there is a "
    "before and an after."
)
ONE_JSON = "Choose either one JSON file or PNG files: together they would be masks twice."

LINK = "Link to what you see"
LINK_COPIED = "Copied. Edits, marks and masks of your own are not part of it."
LINK_BY_HAND = (
    "Your browser did not let the page copy: copy it from the field. "
    "Edits, marks and masks of your own are not part of it."
)
LINK_OWN = (
    "Only examples have links: this photo is yours and is not kept here. Save the project instead."
)
LINK_EXAMPLE = "The link names an example that isn't here: this is the first one instead."
LINK_OBJECT = "The link names an object that this example doesn't have: click one on the photo."

STUDY = "Which shape looks more natural?"
STUDY_INTRO = (
    "You see an object that something hides, and its whole shape twice, in random order. One shape "
    "is the model's. The other one is either the truth, known from a rendered street, or the "
    "convex hull of the visible part. The tally counts the answers of this page, which are "
    "forgotten when it is closed. Nothing is stored about you."
)
STUDY_START = "Start"
STUDY_AGAIN = "Start again"
STUDY_VOTES = {
    "left": "A looks more natural",
    "right": "B looks more natural",
    "neither": "No preference",
}
STUDY_PICTURES = ("Photo (line: the visible part)", "A", "B")
STUDY_CSV = "Download CSV"
STUDY_FILE = "study.csv"
STUDY_ROWS = ("Model preferred", "Other preferred", "No preference")
STUDY_PAPER = "Paper: model against drawn masks"
STUDY_KINDS = {"truth": "Model against truth", "baseline": "Model against convex hull"}
STUDY_KEY = (
    "In brackets: the 95 % interval (Wilson). The paper's study (table 6) was another one: workers "
    "of Amazon Mechanical Turk compared the model, which was given the box around the whole "
    "object, with masks that people had drawn, on 3,260 objects of KINS. Its numbers stand beside "
    "yours, but the two can't be compared."
)
STUDY_DONE = "**All questions are answered.** Thank you."
STUDY_NOT_STARTED = "Start the study first."
STUDY_NO_VOTES = "There are no answers yet: answer a question first."

ABOUT = "About and licence"

PROGRESS_FILL = "Painting what was hidden"
PROGRESS_INPAINTER = "Fetching the fill-in network"
PROGRESS_SEGMENTER = "Fetching the segmentation network"
PROGRESS_LOOK = "Looking at the photo"
PROGRESS_STUDY = "Imagining shapes"

# The page "How it works"

TAB_EDITOR = "Editor"
TAB_EXPLAIN = "How it works"
TAB_STUDY = "Study"

NOTHING_YET = "Each step shows one object of yours."
NEED_SUBJECT = "Select an object in the editor first."
NEED_OTHER = "Choose the other object first."
NEED_PLACE = "Fill in the number."
UNNAMED = "object"
TRAINING_STAGE = "The model after training stage"
TRAINING_STAGES = {1: "1: whole masks", 2: "2: simulated pairs", 3: "3: real partial masks"}
TRAINING_STAGES_ABOUT = {
    1: (
        "**Stage 1** has seen whole masks only and has no transformer. It takes the visible part "
        "for a whole shape and redraws it inside the same box."
    ),
    2: (
        "**Stage 2** has a new encoder and the transformer, trained on whole masks of which a part "
        "was hidden on purpose. The decoder stays as it was."
    ),
    3: (
        "**Stage 3** goes on with real partial masks, of which only visible pixels count. "
        "This is the model of the editor."
    ),
}
CLUES_LEFT_OUT = "Your marks on the object are left out here."

STEPS = {
    "seen": (
        "1 · Crop and squeeze",
        "The box around the visible part becomes a square: the partial mask $\\hat y$.",
    ),
    "codes": (
        "2 · Encode",
        "$\\hat q(z\\mid\\hat y,c)=\\mathcal N(\\mu,\\mathrm{diag}\\,\\sigma^2)$. "
        "It sees mask and class $c$, no colours.",
    ),
    "canonical": (
        "3 · Decode",
        "$p(y\\mid z)$ at $z=\\mu$: how probable each pixel of the whole shape is.",
    ),
    "placed": (
        "4 · Place",
        "$(t_x,t_y,s_x,s_y)=g_\\theta(y,\\hat y)$ says where that square lies on the photo.",
    ),
    "pasted": (
        "5 · Paste",
        "Pixels with $p\\ge t$ join the visible ones.",
    ),
}
PHOTO_CAPTION = "Photo with the box"
CROP_CAPTION = "ŷ"
CANONICAL_CAPTION = "p(y|z)"
PLACED_CAPTION = "Solid: visible part. Dashed: whole shape"
PASTED_CAPTION = "Whole shape"
PHOTO_ALT = "The photo around the object, with the box around its visible part"
CROP_ALT = "The visible part, squeezed to a square"
CANONICAL_ALT = "The decoded shape: violet improbable, yellow certain"
PLACED_ALT = "The photo with the boxes of the visible part and of the whole shape"
PASTED_ALT = "The whole shape on the photo"
CODES_ALT = "Mean and standard deviation of each dimension of the code"
KL_ALT = "KL of each dimension"
CODES_KEY = "Each dimension of z: μ ± σ. Grey band: the prior, 0 ± 1."

ALONG = "Walk through the latent space"
ALONG_KEY = (
    "The directions in which this object's shape is least certain: the leading singular vectors of "
    "the decoder's slope at $\\mu$ times $\\sigma$. One unit is one standard deviation."
)
ALONG_RESET = "Back to the mean"
ALONG_SHAPE = "p(y|z)"
ALONG_PLACED = "On the photo"

OCCLUDER = "Hide a part, and watch the doubt grow"
OCCLUDER_KEY = (
    "Drag the bar over the shape; its corner resizes it. Keys: arrows move it, Shift and arrows "
    "resize it. The model sees only the white rest, and is not told where the bar is."
)
BAR = "Bar that hides a part of the shape; arrows move it, Shift and arrows resize it"
TRAIL = "Spread (up) against the hidden share (right)"
DOUBT = (
    "Hidden",
    "Spread of the shapes",
    "Undecided pixels",
    "Mean σ of the code",
    "KL to the prior",
)
DOUBT_KEY = (
    "Spread: 1 − IoU of two samples, mean of all pairs. Undecided: entropy of the pixels in bits, "
    "and as a share of the shape. Mostly the shape widens, not σ: what a step in z does depends on "
    "where z is."
)
ALL_HIDDEN = "The bar hides all of the shape: there is nothing to go by."

BETWEEN = "Between two objects"
BETWEEN_KEY = "The straight line from one mean code to the other: $z=(1-a)\\,\\mu_1+a\\,\\mu_2$."
BETWEEN_OTHER = "Other object"
BETWEEN_SHARE = "a"
BETWEEN_ALONE = "The photo has no other object with an outline: add one in the editor."
PRIOR = "Samples of the prior"
PRIOR_KEY = "Shapes of codes from $p(z)=\\mathcal N(0,I)$: no photo, no class, just the decoder."
PRIOR_DRAW = "Draw again"

TERMS = "The objective of this object"
TERMS_KEY = (
    "In nats; expectations are means of 20 samples. Here $\\lambda=1$, so likelihood − KL bounds "
    "the log-probability of what is seen from below. The trainings weigh the terms differently."
)
EQ_1 = "Eq. 1, the true whole mask, encoded by stage 1: E[log p(y|z)] − KL(q(z|y,c) ‖ p(z))"
EQ_5 = "Eq. 5, visible and known pixels: E[log p(ŷ<sup>vis</sup>|z)] − KL(q̂(z|ŷ,c) ‖ p(z))"
EQ_23 = "Eqs. 2 and 3, with the true whole mask"
LIKELIHOOD = "Log-likelihood"
MINUS_KL = "− KL"
BOUND = "Lower bound"
MATCHING = "Code matching E[½ ‖ẑ − z‖²]"
NO_TRUTH = "Eqs. 1 to 3 need the whole mask: select an object of a rendered street to see them."

CURVES = "How it was trained"
CURVES_KEY = "Each term over the training's steps, on a scale of its own, nats an object."
NO_CURVES = "There are no training curves beside these weights."
CURVE_NAMES = {
    "stage1": {"nll": "Stage 1: −log p(y|z)", "kl": "Stage 1: KL"},
    "stage2": {"latent": "Stage 2: ½‖ẑ − z‖²", "kl": "Stage 2: KL"},
    "stage3": {"visible": "Stage 3: −log p(ŷ vis|z)", "kl": "Stage 3: KL"},
}


# Sentences with numbers and names in them


def count(number: int) -> str:
    """A number with thin thousands: 12 345."""
    return f"{number:,}".replace(",", "\u202f")


def locked(name: str) -> str:
    """Why an edit is refused."""
    return f"“{name or 'This object'}” is locked: unlock it in the list of layers first."


def megabytes(done: int, total: int) -> str:
    """Progress of a download: "12 of 28 MB"."""
    return f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"


def caption(number: int, area: int, visible_iou: float) -> str:
    """Below a shape: its name, area, and how well it explains the visible part."""
    name = MODE if number == 0 else f"Sample {number}"
    return f"{name}\n{count(area)} px · IoU\u00a0{visible_iou:.0%}"


def reading(number: int, members: int, samples: int) -> str:
    """Above the thumbnails of a reading."""
    return f"Reading {number} · {members} of {samples}"


def once(members: int, samples: int) -> str:
    """Above samples that agree with no other one."""
    return f"Once each · {members} of {samples}"


def like_reading(number: int) -> str:
    """Above the mode."""
    return f"Like reading {number}"


def uncertain(area: float) -> str:
    """How much is open: the samples' entropy as an area."""
    return f"Uncertain: **{count(round(area))}\u00a0px**"


def imagined_shape(whole: float, hidden: float | None) -> str:
    """Below the chosen shape: IoU with the truth."""
    part = "nothing hidden" if hidden is None else f"hidden part {hidden:.0%}"
    return f"Chosen shape\nIoU\u00a0{whole:.0%} · {part}"


def imagined_colours(psnr: float | None) -> str:
    """Below the imagined colours: PSNR of those that the photo hides."""
    score = "nothing hidden to compare" if psnr is None else f"hidden part {psnr:.1f}\u00a0dB PSNR"
    return f"Imagined colours\n{score}"


def edit_scores(psnr: float, untouched: float, kept: float) -> str:
    """How near an edit comes to the truth."""
    return (
        f"**{psnr:.1f} dB PSNR** where the true picture changes; the photo as it was has "
        f"{untouched:.1f} dB there. Elsewhere {kept:.1%} of the pixels are the photo's own."
    )


def seen_and_whole(name: str, visible: int, whole: int) -> str:
    """One line about the selected object."""
    hidden = 1 - visible / max(whole, 1)
    shown = verbatim(name)
    return f"**{shown}** · {count(visible)} px visible, {hidden:.0%} of it hidden"


def support(share: float, samples: int) -> str:
    """How many samples agree with the evidence; a warning when hardly any does."""
    agree = round(share * samples)
    found = f"{agree or 'None'} of {samples} samples {'agrees' if agree == 1 else 'agree'}"
    if share >= POOR_SUPPORT:
        return f"{found} with your marks."
    return f"**{found} with your marks**: the model can hardly imagine it. Below are the nearest."


def detected(shown: int, found: int) -> str:
    """How many of the detected objects are outlined now."""
    end = "Undo takes them away." if shown else "Lower the score, or choose more classes."
    return f"**{shown} of {found} objects** outlined. {end}"


def class_count(category: str, number: int) -> str:
    """A class to choose, with its count."""
    name = OTHER_THINGS if category == "unknown" else category
    return f"{name} ({number})"


def suggestion(classes: tuple[tuple[str, float], ...]) -> str:
    """Which classes explain a mask best."""
    best = ", ".join(f"{name} {share:.0%}" for name, share in classes[:3])
    return f"Explains the mask best: {best}"


def study_progress(number: int, count: int, category: str) -> str:
    """Which question it is, and what it is about."""
    return f"**{number} of {count}** · {category}"


def study_kind(kind: str, votes: int) -> str:
    """Above a column of the tally."""
    return f"{STUDY_KINDS[kind]} ({votes}\u00a0vote{'' if votes == 1 else 's'})"


def study_share(share: float, low: float, high: float) -> str:
    """A share with its interval: 50% (30–70%); no line breaks inside the brackets."""
    return f"{share:.0%} ({100 * low:.0f}\u2060–\u2060{high:.0%})"


def link_number(name: str, least: int, most: float) -> str:
    """A setting of a link that can't be used."""
    numbers = f"from {least} on" if most > 1e6 else f"from {least} to {most:g}"
    return f"“{name}” in the link is not a number {numbers}: the usual one is used instead."


def notice(what: str, reason: str, remedy: str) -> str:
    """A fallback: what happens instead, why, what to do."""
    return f"**{what.rstrip('.')}**: {reason}. {remedy}"


def explained(name: str, example: bool) -> str:
    """What is explained, and where it comes from."""
    where = "from the first example; select another one in the editor" if example else "selected"
    return f"**{verbatim(name)}** ({where})"


def kl_key(total: float, dimensions: int) -> str:
    """Below the bars of KL."""
    return f"KL of each dimension, largest first. Sum: {total:.1f} nats in {dimensions} dimensions."


def theta(values: tuple[float, float, float, float]) -> str:
    """The transformer's numbers."""
    tx, ty, sx, sy = values
    return f"$t=({tx:+.2f},\\,{ty:+.2f})$, $s=({sx:.2f},\\,{sy:.2f})$"


def pasted(threshold: float, area: int, visible_iou: float) -> str:
    """About the completed shape."""
    return f"$t={threshold:g}$, {count(area)} px, IoU of the visible part {visible_iou:.2f}"


def direction(number: int, share: float) -> str:
    """A slider's label."""
    return f"Direction {number} ({share:.0%} of the shape's variance)"


def nats(value: float) -> str:
    """A number of nats, with a true minus."""
    return f"{value:,.1f}".replace(",", "\u202f").replace("-", "\u2212")


def doubt_values(
    hidden: float, spread: float, undecided: float, share: float, std: float, kl: float
) -> tuple[str, ...]:
    """The numbers beside DOUBT."""
    return (
        f"{hidden:.0%}",
        f"{spread:.1%}",
        f"{count(round(undecided))} ({share:.0%})",
        f"{std:.3f}",
        f"{kl:.1f} nats",
    )


def training_steps(number: int) -> str:
    """Where a curve ends."""
    return f"0 to {count(number)} steps"
