"""Marks reach the right row of the instructor's own file, and nothing else in that file changes by a byte."""

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_lib import cli
from course_lib.commands import export
from course_lib.errors import ArgumentError, DataError
from course_lib.grading.gradebook import Mark, fill_gradebook, read_totals
from course_lib.grading.table import read_table

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 5 (991),Lesson 8 (992),Current Score\r\n"
    ",,,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,20.00,10.00,(read only)\r\n"
    '"Lovelace, Ada",101,s1,ada01,"Monday, early",,7,93.1\r\n'
    '"Núñez, José Luis",102,s2,jose02,"Monday, early",3,,\r\n'
    '"Hopper, Grace",103,104,grace03,Friday,,,\r\n'
    '"Gödel, Kurt",104,s4,kurt04,Friday,,,\r\n'
    '"Student, Test",999,,abc,Friday,,,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed\n"
    "Participant 501,Ada Lovelace,ada@uni.example,Submitted,,50.00,Yes\n"
    "Participant 502,José Luis Núñez,jose@uni.example,Submitted,,50.00,Yes\n"
)
OWN = (
    'No;First name;Surname;Mark;Notes\r\n1;Ada;Lovelace;;likes "plots"\r\n2;Grace;Hopper;7,5;\r\n3;Kurt;Gödel;;a,b\r\n'
)
CANVAS_MARKS = [
    ("lovelaceada_101_7001_05.ipynb", "lovelaceada", "0.85"),
    ("nunezjoseluis_102_7002_05.ipynb", "nunezjoseluis", "1.0"),
    ("goedelkurt_LATE_104_7004_05.ipynb", "goedelkurt", "0"),
]


@pytest.fixture
def fill(tmp_path):
    """Write a gradebook and marks, fill it, and return the report and the copy's text."""

    def run(book, marks, encoding="utf-8", **options):
        (tmp_path / "book.csv").write_bytes(book.encode(encoding))
        with open(tmp_path / "marks.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [("name", "student", "status", "total"), *((a, b, "ok", c) for a, b, c in marks)]
            )
        report = fill_gradebook(tmp_path / "marks.csv", tmp_path / "book.csv", tmp_path / "filled.csv", **options)
        assert (tmp_path / "book.csv").read_bytes() == book.encode(encoding)
        return report, (tmp_path / "filled.csv").read_bytes().decode(encoding)

    return run


def changed(before, after):
    """The lines of the copy that differ, by number."""
    pairs = zip(before.split("\n"), after.split("\n"), strict=True)
    return {number: new for number, (old, new) in enumerate(pairs) if old != new}


# ---- the three kinds


def test_canvas_by_number_with_its_points_and_no_other_cell_changed(fill):
    report, text = fill(CANVAS, CANVAS_MARKS, column="Lesson 5")
    assert changed(CANVAS, text) == {
        3: '"Lovelace, Ada",101,s1,ada01,"Monday, early",17,7,93.1\r',
        4: '"Núñez, José Luis",102,s2,jose02,"Monday, early",20,,\r',
        6: '"Gödel, Kurt",104,s4,kurt04,Friday,0,,\r',
    }
    assert (report.points, report.replaced, report.without) == ("20", 1, 2)


def test_a_canvas_number_is_not_taken_for_another_students_own_number(fill):
    _, text = fill(CANVAS, [("x_104_7001_05.ipynb", "x", "1")], column="Lesson 5 (991)")
    assert list(changed(CANVAS, text)) == [6]


def test_a_canvas_number_is_not_taken_for_a_moodle_participant(fill):
    with pytest.raises(DataError, match="fits no row"):
        fill(MOODLE, [("kurtg_501_7001_05.ipynb", "kurtg", "1")])


def test_a_quoted_cell_stays_quoted(fill):
    _, text = fill(
        '"Name","mark"\n"Ada Lovelace",""\n', [("ada lovelace", "ada lovelace", "1")], column="mark", points=9
    )
    assert text == '"Name","mark"\n"Ada Lovelace","9"\n'


def test_moodle_by_participant_with_its_maximum(fill):
    marks = [
        ("Ada L_501_assignsubmission_file_", "Ada L", "0.5"),
        ("jose_nunez_luis.ipynb", "jose nunez luis", "0.333"),
    ]
    report, text = fill(MOODLE, marks)
    assert [row[4] for row in csv.reader(text.splitlines())] == ["Grade", "25", "16.65"]
    assert report.column == "Grade"


def test_ones_own_table_keeps_semicolons_decimal_commas_and_loose_quotes(fill):
    marks = [("GODEL_kurt.ipynb", "GODEL kurt", "0.755"), ("ada.lovelace.ipynb", "ada.lovelace", "1")]
    report, text = fill(OWN, marks, column="Mark", points=10)
    assert changed(OWN, text) == {1: '1;Ada;Lovelace;10;likes "plots"\r', 3: "3;Kurt;Gödel;7,55;a,b\r"}
    assert report.without == 1


def test_a_column_that_is_not_there_is_added_at_the_end(fill):
    _, text = fill(OWN, [("ada lovelace", "ada lovelace", "1")], column="lesson 5; first", points=1)
    assert text.startswith('No;First name;Surname;Mark;Notes;"lesson 5; first"\r\n1;Ada;Lovelace;;likes "plots";1\r\n')
    assert changed(OWN, text).keys() == {0, 1}


@pytest.mark.parametrize("label", ["s1234567.ipynb", "s1234567", "ada_s1234567.ipynb", "S1234567_05.ipynb"])
def test_a_students_number_in_a_plain_name_is_found(fill, label):
    _, text = fill(
        "Matriculation number,mark\ns1234567,\ns7654321,\n", [(label, label[:-6], "1")], column="mark", points=5
    )
    assert text == "Matriculation number,mark\ns1234567,5\ns7654321,\n"


def test_a_login_or_the_front_of_an_address_is_found(fill):
    book = "username,email,mark\nadal,a.l@x.example,\nghop,grace.hopper@x.example,\n"
    _, text = fill(
        book, [("adal.ipynb", "adal", "1"), ("grace.hopper.ipynb", "grace.hopper", "1")], column="mark", points=1
    )
    assert text == "username,email,mark\nadal,a.l@x.example,1\nghop,grace.hopper@x.example,1\n"


def test_a_table_with_unknown_headings_is_searched_in_every_column(fill):
    _, text = fill(
        "wer,gruppe,punkte\nAda Lovelace,A,\nbob,B,\n", [("ada_lovelace", "ada lovelace", "1")], column="punkte"
    )
    assert text == "wer,gruppe,punkte\nAda Lovelace,A,100\nbob,B,\n"


@pytest.mark.parametrize(
    ("written", "handed_in"),
    [
        ("Lovelace, Ada", "ada_lovelace"),
        ("Ada Lovelace", "LOVELACE Ada"),
        ("Núñez, José Luis", "nunez jose-luis"),
        ("Núñez, José Luis", "nunezjoseluis"),
        ("O'Brien, Séamus", "seamus obrien"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Strauß, Eva", "evastrauss"),
        ("Gödel, Kurt", "kurt goedel"),
        ("Nguyễn, Thị Mai", "thi mai nguyen"),
        ("王, 小明", "小明 王"),
    ],
)
def test_names_are_matched_whatever_their_case_accents_and_order(fill, written, handed_in):
    book = f'Name,mark\n"{written}",\nSomebody Else,\n'
    _, text = fill(book, [(handed_in, handed_in, "1")], column="mark", points=3)
    assert text == f'Name,mark\n"{written}",3\nSomebody Else,\n'


# ---- what is not certain


UNCERTAIN = {
    "nobody": ([("eve.ipynb", "eve", "1")], ["eve.ipynb: fits no row"]),
    "part of a name": ([("lovelace.ipynb", "lovelace", "1")], ["fits no row"]),
    "no name": ([("05.ipynb", "", "1")], ["05.ipynb: fits no row"]),
    "twice": (
        [("a/ada lovelace", "ada lovelace", "1"), ("lovelace_ada", "lovelace ada", "0.5")],
        ["row 4 is also that of lovelace_ada", "row 4 is also that of a/ada lovelace"],
    ),
    "number and name of two": ([("hoppergrace_101_7001_05.ipynb", "hoppergrace", "1")], ["fits 2 rows (4, 6)"]),
}


@pytest.mark.parametrize(("marks", "says"), UNCERTAIN.values(), ids=UNCERTAIN)
def test_who_has_no_certain_row_is_listed_and_nothing_is_written(fill, tmp_path, marks, says):
    with pytest.raises(DataError) as raised:
        fill(CANVAS, [*CANVAS_MARKS[1:], *marks], column="Lesson 5")
    assert all(line in str(raised.value) for line in says)
    assert "goedelkurt" not in str(raised.value)
    assert not (tmp_path / "filled.csv").exists()


@pytest.mark.parametrize(("marks", "says"), UNCERTAIN.values(), ids=UNCERTAIN)
def test_asked_to_it_leaves_them_out_and_enters_the_others(fill, marks, says):
    report, text = fill(CANVAS, [*CANVAS_MARKS[1:], *marks], column="Lesson 5", leave_out=True)
    assert list(changed(CANVAS, text)) == [4, 6]
    assert [name for name, _ in report.left_out] == [name for name, _, _ in marks]


def test_two_students_of_one_name_are_ambiguous_unless_a_number_tells_them_apart(fill):
    book = CANVAS.replace('"Hopper, Grace"', '"Lovelace, Ada"')
    with pytest.raises(DataError, match=r"ada lovelace: fits 2 rows \(4, 6\)"):
        fill(book, [("ada lovelace", "ada lovelace", "1")], column="Lesson 5")
    _, text = fill(book, [("lovelaceada_103_7001_05.ipynb", "lovelaceada", "1")], column="Lesson 5")
    assert list(changed(book, text)) == [5]


def test_a_submission_without_a_total_keeps_its_cell_and_is_said(fill):
    report, text = fill(OWN, [("grace hopper", "grace hopper", "")], column="Mark")
    assert text == OWN
    assert report.waiting == ["grace hopper"]


def test_totals_that_wait_for_a_persons_mark_are_entered_and_counted(tmp_path):
    (tmp_path / "marks.csv").write_text(
        "name,student,status,total,dice,in_words,flags\n"
        "ada lovelace,ada lovelace,ok,1,1,,\nkurt godel,kurt godel,ok,1,1,1,\n"
    )
    (tmp_path / "book.csv").write_text(OWN)
    report = fill_gradebook(tmp_path / "marks.csv", tmp_path / "book.csv", tmp_path / "o.csv", column="Mark")
    assert (len(report.filled), report.unread) == (2, 1)


# ---- columns and files that do not fit


@pytest.mark.parametrize(
    ("book", "options", "says"),
    [
        (CANVAS, {}, "name the column.*'Lesson 5 \\(991\\)', 'Lesson 8 \\(992\\)'"),
        (CANVAS, {"column": "Lesson 6"}, "has no assignment 'Lesson 6'"),
        (CANVAS, {"column": "Current Score"}, "computes column"),
        (CANVAS, {"column": "ID"}, "who the students are"),
        (OWN, {}, "name the column"),
        ("Name,a,a\nx,,\n", {"column": "a"}, "2 columns named 'a'"),
        (OWN, {"column": "Mark", "points": -1}, "above 0"),
        (OWN, {"column": "Mark", "points": float("nan")}, "above 0"),
    ],
)
def test_a_column_or_points_that_do_not_fit_are_refused(fill, book, options, says):
    with pytest.raises(ArgumentError, match=says):
        fill(book, [("ada lovelace", "ada lovelace", "1")], **options)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b'Name,mark\n"Ada,3\n', "line 2: a quote is opened and never closed"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xff\xfea", "no text in utf-16-le"),
    ],
)
def test_a_damaged_gradebook_is_named_with_the_next_step(tmp_path, content, says):
    (tmp_path / "book.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"book\.csv.*{says}"):
        read_table(tmp_path / "book.csv")


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        ("a,b\n1,2\n", "no column 'name'"),
        ("name,student,total\nx,x,85\n", "row 2: the total '85' is no share"),
        ("name,student,total\nx,x,nan\n", "no share"),
        ("name,student,total\nx,x,1\nx,x,1\n", "two rows named 'x'"),
    ],
)
def test_marks_that_are_none_are_refused(tmp_path, marks, says):
    (tmp_path / "marks.csv").write_text(marks)
    (tmp_path / "book.csv").write_text(OWN)
    with pytest.raises(DataError, match=says):
        fill_gradebook(tmp_path / "marks.csv", tmp_path / "book.csv", tmp_path / "o.csv", column="Mark")


def test_marks_that_a_spreadsheet_saved_and_names_that_begin_like_formulas_are_read(tmp_path):
    (tmp_path / "marks.csv").write_bytes("\ufeffname;student;status;total\r\n'-ada.ipynb;'-ada;ok;0,85\r\n".encode())
    assert read_totals(tmp_path / "marks.csv") == [Mark("-ada.ipynb", "-ada", 0.85)]


def test_the_gradebook_itself_is_never_overwritten(tmp_path):
    (tmp_path / "book.csv").write_text(OWN)
    with pytest.raises(ArgumentError, match="would be overwritten"):
        fill_gradebook(tmp_path / "m.csv", tmp_path / "book.csv", tmp_path / "." / "book.csv", column="Mark")


# ---- bytes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_mark_delimiter_and_line_ends_stay(tmp_path, encoding, end, delimiter):
    book = end.join(["Name,mark,x", '"Gödel, Kurt",,"a ""b"""', "Hopper Grace,3", ""]).replace(",", delimiter)
    book = book.replace(f"Gödel{delimiter}", "Gödel,")
    (tmp_path / "book.csv").write_bytes(book.encode(encoding))
    (tmp_path / "marks.csv").write_text("name,student,total\nk,kurt godel,1\n")
    fill_gradebook(tmp_path / "marks.csv", tmp_path / "book.csv", tmp_path / "o.csv", column="mark", points=9)
    wanted = book.replace(f'Kurt"{delimiter}', f'Kurt"{delimiter}9')
    assert (tmp_path / "o.csv").read_bytes() == wanted.encode(encoding)


cells = st.text(alphabet='ab ,;"\n\r\tä1', max_size=6)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_any_table_is_read_as_pythons_own_reader_reads_it_and_written_back_unchanged(tmp_path_factory, rows, end):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end).writerows([["name", "mark"], *rows])
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(stream.getvalue().encode())
    table = read_table(path)
    assert table.to_bytes() == path.read_bytes()
    theirs = [row or [""] for row in csv.reader(io.StringIO(stream.getvalue(), newline=""))]
    assert [[table.get(row, n) for n in range(len(cells))] for row, cells in enumerate(table.rows)] == theirs


@given(st.text(alphabet='ab,;"\n\r\t', max_size=30))
def test_any_text_whatever_is_given_back_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(text.encode())
    try:
        table = read_table(path)
    except DataError:
        assume(False)
    assert table.to_bytes() == text.encode()


@given(cells, cells)
def test_what_is_set_is_what_is_read(tmp_path_factory, before, after):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["a", "b"], [before, "x"]])
    path.write_bytes(stream.getvalue().encode())
    table = read_table(path)
    table.set(1, 0, after)
    path.write_bytes(table.to_bytes())
    assert [read_table(path).get(1, n) for n in (0, 1)] == [after, "x"]


# ---- the command


def test_the_command_fills_says_what_it_did_and_refuses_with_status_1(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, "COMMANDS", ("export",))
    (tmp_path / "book.csv").write_text(MOODLE, encoding="utf-8")
    (tmp_path / "marks.csv").write_text("name,student,total,status\nada lovelace,ada lovelace,0.9,ok\n")
    words = ["export", str(tmp_path / "marks.csv"), "--gradebook", str(tmp_path / "book.csv")]
    assert cli.main([*words, "--out", str(tmp_path / "filled.csv")]) == 0
    said = capsys.readouterr().out
    assert "1 marks in column 'Grade', 50 points for full marks" in said
    assert "1 students of the gradebook have no mark" in said
    (tmp_path / "marks.csv").write_text("name,student,total,status\neve,eve,0.9,ok\n")
    assert cli.main([*words, "--out", str(tmp_path / "second.csv")]) == 1
    assert "eve: fits no row" in capsys.readouterr().err
    assert cli.main([*words, "--out", str(tmp_path / "second.csv"), "--leave-out"]) == 0
    assert "left out: eve: fits no row" in capsys.readouterr().out


def test_help_shows_examples(capsys, monkeypatch):
    monkeypatch.setattr(cli, "COMMANDS", ("export",))
    with pytest.raises(SystemExit):
        cli.main(["export", "--help"])
    assert export.EXAMPLES.splitlines()[1] in capsys.readouterr().out
