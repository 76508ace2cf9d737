"""Reads exported trajectories with the models of the format's own package.

    atif.py <jcode-session> <folder of the package> <session>...

Each session's active path, and the path to each of its leaves, has to be a valid document.
"""

import json
import os
import subprocess
import sys
import tempfile
import types

binary, packages, *sessions = sys.argv[1:]
sys.path.insert(0, packages)
# The package around the models needs a newer Python and many more packages.
for name in ("harbor", "harbor.models"):
    module = types.ModuleType(name)
    module.__path__ = [os.path.join(packages, *name.split("."))]
    sys.modules[name] = module
from harbor.models.trajectories import Trajectory  # noqa: E402

passed = 0
with tempfile.TemporaryDirectory() as home:
    environment = {**os.environ, "JCODE_HOME": home, "JCODE_SESSION_OTHERS": "0"}

    def ask(*words):
        done = subprocess.run([binary, *words], capture_output=True, env=environment)
        if done.returncode == 2 and b"no entry that would make a step" in done.stderr:
            return None
        assert done.returncode in (0, 1), (words, done.stderr)
        return done.stdout

    for session in sessions:
        leaves = [leaf["id"] for leaf in json.loads(ask("tree", session, "--json"))["leaves"]]
        paths = [[], *([["--path", leaf] for leaf in leaves[:20]])]
        for path in paths:
            document = ask("export", session, "--format", "atif", *path)
            if document is None:
                continue
            read = Trajectory.model_validate_json(document)
            assert read.final_metrics.total_steps == len(read.steps)
            passed += 1
print(f"atif: {passed} passed, 0 failed")
