"""Look for known holes in what is installed, and for secrets in what is committed.

Vulnerabilities are asked for at OSV (AMODAL_OSV_URL names another service of its kind). Where it
can't be asked, that is said, and is no failure. What is found is one. Arguments are handed on to
pip-audit, in place of all that is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 180
# Checksums and test data look like secrets to them.
GUESSING = ("HexHighEntropyString", "Base64HighEntropyString", "KeywordDetector")


def main() -> None:
    failed = [check.__name__ for check in (vulnerabilities, secrets) if not check()]
    sys.exit(f"Failed: {', '.join(failed)}." if failed else 0)


def vulnerabilities() -> bool:
    """Whether none is known of the installed packages, or nobody can be asked."""
    command = [sys.executable, "-m", "pip_audit", *(sys.argv[1:] or ["--skip-editable"])]
    command += ["--progress-spinner", "off", "--format", "json", "--timeout", "5"]
    command += ["--vulnerability-service", "osv"]
    if url := os.environ.get("AMODAL_OSV_URL"):
        command += ["--osv-url", url]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        print(f"Vulnerabilities: the service could not be asked (no end in {SECONDS} seconds).")
        return True
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"Vulnerabilities: the service could not be asked ({reason[:200]}).")
        return True
    found = [(package, hole) for package in packages for hole in package.get("vulns", ())]
    for package, hole in found:
        fixed = ", ".join(hole["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {hole['id']}, fixed in {fixed}")
    print(f"Vulnerabilities: {len(found)} known in {len(packages)} packages.")
    return not found


def secrets() -> bool:
    """Whether no committed file holds a key or token."""
    command = [sys.executable, "-m", "detect_secrets", "scan", "-p", str(HERE / "hub_token.py")]
    for name in GUESSING:
        command += ["--disable-plugin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    results = json.loads(done.stdout)["results"]
    for file, found in results.items():
        for secret in found:
            print(f"{file}, line {secret['line_number']}: {secret['type']}")
    print(f"Secrets: {sum(map(len, results.values()))} in committed files.")
    return not results


if __name__ == "__main__":
    main()
