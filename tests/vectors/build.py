"""
Write every vector: `bad/*.pkpass` with `bad/expected.yaml`, and `good/*.pkpass`.

    python tests/vectors/build.py            write them
    python tests/vectors/build.py --check    exit 1 and name what differs

The same bytes each time: fixed keys, RSA signatures, one signing time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bad_containers
import bad_documents
import bad_pictures
import bad_signatures
import good
from ruamel.yaml import YAML

HERE = Path(__file__).parent
RECIPES = [
    recipe for module in (bad_containers, bad_signatures, bad_documents, bad_pictures) for recipe in module.RECIPES
]


def main() -> int:
    """Write, or compare."""
    wanted = {f"bad/{recipe.name}.pkpass": recipe.build() for recipe in RECIPES}
    assert len(wanted) == len(RECIPES), "two recipes have one name"
    wanted |= {f"good/{name}.pkpass": good.build(name) for name in good.GOOD}
    there = {str(path.relative_to(HERE)) for folder in ("bad", "good") for path in (HERE / folder).glob("*.pkpass")}
    differing = [name for name, data in wanted.items() if name not in there or (HERE / name).read_bytes() != data]
    stale = sorted(there - wanted.keys())
    if "--check" in sys.argv:
        sys.stdout.write("".join(f"{name} differs from its recipe: run build.py\n" for name in differing + stale))
        return 1 if differing or stale else 0
    for name in stale:
        (HERE / name).unlink()
    for name in differing:
        (HERE / name).write_bytes(wanted[name])
    expected = {
        recipe.name: {"why": recipe.why, "errors": list(recipe.errors), "warnings": list(recipe.warnings)}
        for recipe in RECIPES
    }
    yaml = YAML()
    yaml.width = 1000
    with (HERE / "bad" / "expected.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(expected, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
