"""What a learner hands in at the end: a prediction file that can be scored, and a model card.

The prediction file holds a mask for every slice, as run lengths in JSON: nothing in it can be executed, an editor shows
it, and `score_predictions` needs neither the network nor the learner's code. The card's facts come from the run's own
files; its limits are the learner's own words.
"""

from course_lib.handin.card import draft_card, headline, shared_patients
from course_lib.handin.encoding import decode_runs, encode_runs
from course_lib.handin.place import parts_of, run_folder
from course_lib.handin.predictions import Predictions, read_predictions, save_predictions, score_predictions

__all__ = [
    "Predictions",
    "decode_runs",
    "draft_card",
    "encode_runs",
    "headline",
    "parts_of",
    "read_predictions",
    "run_folder",
    "save_predictions",
    "score_predictions",
    "shared_patients",
]
