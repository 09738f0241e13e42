"""Tables of `results/` reach a lesson as they are, and what is missing is named."""

import pytest

from course_lib.errors import DataError
from course_lib.results import read_results


def test_a_table_has_the_rows_and_columns_of_its_file(tmp_path):
    (tmp_path / "leak_summary.csv").write_text("recipe,split,slice_dice\noriginal,slice,0.5\nits difference,,0.25\n")
    table = read_results("leak_summary", tmp_path)
    assert list(table.columns) == ["recipe", "split", "slice_dice"]
    assert list(table["slice_dice"]) == [0.5, 0.25]
    assert list(table["split"].isna()) == [False, True]


def test_a_table_in_a_folder_of_its_own_is_read_from_the_repository():
    scores = read_results("shipped/scores")
    assert {"patient", "dice", "fold", "way"} <= set(scores)
    assert scores["dice"].between(0, 1).all()


def test_a_table_that_is_not_there_is_named_with_its_file_and_the_next_step(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv.*Fetch the course again"):
        read_results("nowhere", tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2,3\n1,2,3,4,5\n", b"a,b\n\xff\xfe,1\n"], ids=["empty", "ragged", "bytes"]
)
def test_a_damaged_table_is_named(tmp_path, content):
    (tmp_path / "torn.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"torn\.csv.*damaged"):
        read_results("torn", tmp_path)
