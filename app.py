"""The demo: flags → Pipeline → page → launch. Also what a Hugging Face Space runs."""

import argparse
import os
import sys


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
    flags = parser.parse_args()
    if flags.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported

    from amodal import AmodalError, Pipeline
    from demo.ui import launch

    try:
        pipeline = Pipeline.load(flags.weights, device=flags.device)
    except AmodalError as error:
        sys.exit(str(error))
    launch(pipeline, flags.host, flags.port, flags.share)


if __name__ == "__main__":
    main()
