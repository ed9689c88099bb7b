"""The house's arrows: who may import whom, and what importing must not do."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOW = ("errors", "geometry", "scene", "posterior", "cues", "device")
ORDER = (*LOW, "model", "checkpoint", "completer", "layers", "pipeline")


def imports_of(path: Path) -> set[str]:
    """Modules that a file imports anywhere, as dotted names; `from a import b` gives a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_the_library_imports_neither_gradio_nor_the_demo():
    guilty = [
        (path.relative_to(ROOT), name)
        for path in sources("amodal")
        for name in imports_of(path)
        if name.split(".")[0] in ("gradio", "demo", "app", "tests")
    ]
    assert guilty == []


def test_training_and_evaluation_are_never_imported_by_the_app():
    never = ("training", "evaluation", "baselines")
    allowed = ("amodal/train.py", "amodal/evaluate.py", *(f"amodal/{name}" for name in never))
    files = [ROOT / "app.py", *sources("demo"), *sources("amodal")]
    guilty = [
        (path.relative_to(ROOT), name)
        for path in files
        if not str(path.relative_to(ROOT)).startswith(allowed)
        for name in imports_of(path)
        if name.startswith(tuple(f"amodal.{part}" for part in never))
    ]
    assert guilty == []


def test_imports_point_down_the_main_path():
    for position, name in enumerate(ORDER):
        above = {f"amodal.{later}" for later in ORDER[position + 1 :] if later not in LOW}
        assert not imports_of(ROOT / "amodal" / f"{name}.py") & above, name


def test_one_function_calls_grid_sample():
    users = [path.name for path in sources("amodal") if ".grid_sample(" in path.read_text()]
    assert users == ["geometry.py"]


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, amodal; print([m for m in ('torch', 'gradio', 'cv2') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_pipeline_loads_neither_gradio_nor_onnxruntime_nor_training():
    code = (
        "import sys, amodal.pipeline; "
        "print([m for m in ('gradio', 'onnxruntime', 'segment_anything', 'amodal.training') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_commands_that_compute_nothing_do_not_wait_for_torch():
    modules = "sys, amodal.hub.__main__, amodal.evaluation.results"
    code = f"import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
