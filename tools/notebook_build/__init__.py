"""From percent sources to learner's copies and executed solutions, and the faults that a lesson can have.

`source` reads a source and makes both notebooks, `execute` runs and measures one, `faults` looks for what must not be
in it, `slices` takes one exercise out of a lesson so that it can be run alone.
"""
