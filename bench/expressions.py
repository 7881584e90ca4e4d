#!/usr/bin/env python3
"""What one evaluation of a property of a flow costs, against compiling the expression for each.

    expressions.py PROGRAM [--json] [--thousands 200]
"""
import json
import pathlib
import sys

from measure import Report, number, run

program, report = pathlib.Path(sys.argv[1]), Report(sys.argv)
figures = json.loads(run(program.parent / "bench" / "expressions", number("--thousands", 200)).output)
figures.pop("characters")
for name, figure in figures.items():
    report.line(f"expression_{name}", "ns", figure["ns"], figure["ns_compiled_anew"], "compiled anew", better="lower")
    report.line(f"expression_{name}_allocations", "allocations", figure["allocations"], better="lower")
