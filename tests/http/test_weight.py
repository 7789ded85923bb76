"""The login page stays light; `make bench` prints the same numbers."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
READABLE_KILOBYTES = 80
TOTAL_KILOBYTES = 150


def test_login_page_is_light_and_readable_before_its_script() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "bench", "weight"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    readable = re.search(r"until the page is readable\*\* \| ([\d.]+) \| ([\d.]+) \|", printed)
    total = re.search(r"all of it\*\* \| ([\d.]+) \| ([\d.]+) \|", printed)
    assert readable
    assert total
    assert max(map(float, readable.groups())) < READABLE_KILOBYTES
    assert max(map(float, total.groups())) < TOTAL_KILOBYTES
    assert total[1] == readable[1], "without an SPA connection nothing more is fetched"
