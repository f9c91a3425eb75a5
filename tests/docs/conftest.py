import sys
from pathlib import Path

# MkDocs does the same for a hook that it loads.
sys.path.append(str(Path(__file__).parents[2] / "docs" / "hooks"))
