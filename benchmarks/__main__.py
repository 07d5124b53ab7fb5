"""Runs every measurement that needs nothing from outside: ``make bench``."""

import subprocess
import sys

for module in ("benchmarks.matching", "benchmarks.polling"):
    sys.stdout.write(f"== {module}\n")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", module], check=True)
