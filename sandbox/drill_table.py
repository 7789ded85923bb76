"""The available drills: drills.toml, combined with their effects."""

import tomllib
from pathlib import Path
from typing import Any

from sandbox.drill_effects import EFFECTS, refuse
from sandbox.drills import Drill


def _drill(name: str, row: dict[str, Any]) -> Drill:
    effect = row.pop("effect", None)
    stages = tuple(row.pop("stages"))
    return Drill(name=name, stages=stages, effect=EFFECTS[effect] if effect else refuse(row["code"]), **row)


DRILLS = {
    name: _drill(name, row) for name, row in tomllib.loads(Path(__file__).with_name("drills.toml").read_text()).items()
}
GROUPS = tuple(dict.fromkeys(drill.group for drill in DRILLS.values()))
