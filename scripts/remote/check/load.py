# SPDX-License-Identifier: MIT
"""load.py: the first lines of the program that goes to a host: modules come as texts."""
import sys
import types

sys.dont_write_bytecode = True


def load(name, text):
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name + ".py", "exec"), module.__dict__)
