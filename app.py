"""The demo: flags → Pipeline → page → launch. Also what a Hugging Face Space runs."""

import argparse
import os
import sys

PATIENCE = 20.0  # seconds that an edit waits for a network's download; then its stand-in does it


def main() -> None:
    parser = argparse.ArgumentParser(description="See and edit whole objects in street photos.")
    parser.add_argument(
        "--weights", help="folder or OWNER/NAME[@REVISION] (default: AMODAL_WEIGHTS, else bundled)"
    )
    parser.add_argument("--host", default=None, help="address to listen on")
    parser.add_argument("--port", type=int, default=None, help="port to listen on (default: 7860)")
    parser.add_argument("--share", action="store_true", help="make a public link")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--offline", action="store_true", help="use what is already downloaded")
    parser.add_argument("--mcp", action="store_true", help="serve the API as MCP tools as well")
    parser.add_argument(
        "--auth",
        default=os.environ.get("AMODAL_AUTH"),
        help="NAME:PASSWORD, or @FILE of such lines (default: AMODAL_AUTH, which no `ps` shows)",
    )
    parser.add_argument("--root-path", help="path at which a proxy shows the page, such as /demo")
    flags = parser.parse_args()
    if flags.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported

    from amodal import AmodalError
    from amodal.packages import explain

    try:
        from demo.access import read_logins
        from demo.launch import Serving, launch
        from demo.zero_gpu import load_pipeline
    except ImportError as error:
        sys.exit("The app can't start: {}. {}".format(*explain(error)))
    try:
        logins = read_logins(flags.auth)
        pipeline = load_pipeline(flags.weights, flags.device, PATIENCE)
        how = Serving(flags.host, flags.port, flags.share, flags.mcp, logins, flags.root_path)
        launch(pipeline, how)
    except AmodalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
