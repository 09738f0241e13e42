"""What an instructor uses: hand lessons out, mark what comes back, give feedback, fill the gradebook.

A submission's code runs behind a boundary and never on the side that knows the answers: inputs go in, plain data come
out, and the comparison happens here. The parts: `model` says what goes from one part to the next, `wire` turns values
into plain data and back, `boundary` opens the sandbox and drives `inside`, the program that runs in it.
"""
