"""What is handed in comes in every form; each student gets one row, and one bad file never stops the others."""

import contextlib
import io
import json
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.errors import DataError
from course_lib.grading import found
from course_lib.grading.names import in_order, named, words
from course_lib.grading.notebook import UnfitNotebookError, cells_of, read_notebook
from course_lib.grading.submissions import collect

LESSON = "05_tversky_losses"


def notebook(*sources, lesson=LESSON):
    """The bytes of a notebook with these code cells."""
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    metadata = {"course": {"lesson": lesson}} if lesson else {}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


RELEASED = json.loads(notebook("import numpy as np", "def f(): ...", "check('f', f)", "print(1)"))


def lay(folder, files):
    """Write files, given as path and content, below a folder; without a content, one notebook for each path."""
    for path, content in files.items() if isinstance(files, dict) else ((path, notebook(path)) for path in files):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def zipped(files):
    """The bytes of a zip with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items() if isinstance(files, dict) else ((path, notebook(path)) for path in files):
            archive.writestr(path, content)
    return stream.getvalue()


def first_cell(submission):
    return cells_of(submission.notebook)[0]["source"]


def students(submissions):
    return [one.student for one in submissions]


# ---- the forms in which classes come

FORMS = {
    "a notebook each": ["ada_lovelace.ipynb", "grace_hopper.ipynb"],
    "a notebook each, named after the lesson": [f"{LESSON}_ada_lovelace.ipynb", f"grace hopper {LESSON}.ipynb"],
    "a folder each": ["Ada Lovelace/work.ipynb", "Grace Hopper/05_tversky_losses.ipynb"],
    "a folder each, with folders inside": ["Ada Lovelace/a/b/work.ipynb", "Grace Hopper/x/y.ipynb"],
    "Canvas": [f"lovelaceada_12345_67890_{LESSON}-1.ipynb", f"hoppergrace_LATE_777_67891_{LESSON}.ipynb"],
    "Moodle": [
        "Ada Lovelace_12345_assignsubmission_file_/x.ipynb",
        "Grace Hopper_12346_assignsubmission_file_/x.ipynb",
    ],
    "Moodle without folders": [
        "Ada Lovelace_12345_assignsubmission_file_x.ipynb",
        "Grace Hopper_12346_assignsubmission_file_x.ipynb",
    ],
}
WHO = {"adalovelace", "lovelaceada"}, {"gracehopper", "hoppergrace"}


def is_both(submissions):
    spelled = sorted("".join(words(one.student)) for one in submissions)
    return len(spelled) == 2 and any(a in spelled for a in WHO[0]) and any(a in spelled for a in WHO[1])


@pytest.mark.parametrize("files", FORMS.values(), ids=FORMS)
def test_every_form_gives_one_readable_row_a_student(tmp_path, files):
    made = collect(lay(tmp_path, files))
    assert is_both(made)
    assert {first_cell(one) for one in made} == set(files)
    assert all(one.problem == "" for one in made)


@pytest.mark.parametrize("files", FORMS.values(), ids=FORMS)
def test_a_zip_of_any_form_gives_the_same_rows_as_its_folder(tmp_path, files):
    folder = lay(tmp_path / "class", files)
    (tmp_path / "flat.zip").write_bytes(zipped(files))
    (tmp_path / "wrapped.zip").write_bytes(zipped({f"class/{path}": notebook(path) for path in files}))
    wanted = [(one.name, one.student, one.notebook) for one in collect(folder)]
    for name in ("flat.zip", "wrapped.zip"):
        assert [(one.name, one.student, one.notebook) for one in collect(tmp_path / name)] == wanted


@pytest.mark.parametrize("form", ["Canvas", "Moodle", "Moodle without folders"])
def test_a_learning_platforms_zip_may_lie_in_the_folder_as_it_was_downloaded(tmp_path, form):
    (tmp_path / "submissions.zip").write_bytes(zipped(FORMS[form]))
    lay(tmp_path, ["Kurt Gödel.ipynb"])
    made = collect(tmp_path)
    assert len(made) == 3
    assert "Kurt Gödel" in students(made)


def test_students_may_hand_in_zips(tmp_path):
    lay(tmp_path, {"ada.zip": zipped(["deep/er/a.ipynb"]), "grace_1_234_b.zip": zipped(["b.ipynb"])})
    lay(tmp_path, {"Kurt Gödel_9_assignsubmission_file_/c.zip": zipped({"d.zip": zipped(["c.ipynb"])})})
    made = collect(tmp_path)
    assert students(made) == ["ada", "grace", "Kurt Gödel"]
    assert [first_cell(one) for one in made] == ["deep/er/a.ipynb", "b.ipynb", "c.ipynb"]


def test_sections_in_folders_and_zips_are_told_from_students_with_several_files(tmp_path):
    lay(tmp_path, ["monday/ada/x.ipynb", "monday/grace/x.ipynb", "kurt/draft.ipynb", "kurt/final.ipynb"])
    lay(tmp_path, {"friday.zip": zipped([f"{name}.ipynb" for name in ("ada", "emmy", "lise", "maria")])})
    made = collect(tmp_path)
    assert sorted(students(made)) == ["ada", "ada", "emmy", "grace", "kurt", "lise", "maria"]


def test_two_rows_never_have_one_name(tmp_path):
    made = collect(lay(tmp_path, [f"{day}/{name}/x.ipynb" for day in ("monday", "friday") for name in ("ada", "bob")]))
    assert [one.name for one in made] == ["friday/ada", "friday/bob", "monday/ada", "monday/bob"]


def test_numbered_students_are_not_taken_for_copies_of_one(tmp_path):
    names = [f"student-{number}.ipynb" for number in range(1, 13)]
    made = collect(lay(tmp_path, [*names, "s (1).ipynb", "s (2).ipynb", "t.ipynb", "t (1).ipynb"]))
    assert [one.name for one in made] == ["s (1).ipynb", "s (2).ipynb", *names, "t (1).ipynb"]


def test_rows_come_in_the_order_in_which_people_count_whatever_the_disk_says(tmp_path, monkeypatch):
    lay(tmp_path, ["s10.ipynb", "s9.ipynb", "S2.ipynb", "ä.ipynb"])
    forward = [one.name for one in collect(tmp_path)]
    scan = os.scandir
    monkeypatch.setattr(found.os, "scandir", lambda path: list(scan(path))[::-1])
    assert [one.name for one in collect(tmp_path)] == forward == ["S2.ipynb", "s9.ipynb", "s10.ipynb", "ä.ipynb"]


def test_hidden_files_and_what_systems_add_are_left_out(tmp_path):
    junk = [".ipynb_checkpoints/ada-checkpoint.ipynb", "__MACOSX/._ada.ipynb", "._ada.ipynb", ".git/x.ipynb"]
    lay(tmp_path, ["ada.ipynb", *junk, "bob/b.ipynb", "bob/.ipynb_checkpoints/b.ipynb"])
    lay(tmp_path, {"names.csv": b"a,b", "eve.zip": zipped(["e.ipynb", "__MACOSX/._e.ipynb", ".hidden/e.ipynb"])})
    made = collect(tmp_path)
    assert students(made) == ["ada", "bob", "eve"]
    assert [one.note for one in made] == ["", "", ""]


def test_a_folder_without_anybody_is_an_empty_class(tmp_path):
    assert collect(tmp_path) == []


def test_a_single_notebook_can_be_named_itself(tmp_path):
    [one] = collect(lay(tmp_path, ["ada.ipynb"]) / "ada.ipynb")
    assert (one.name, one.student, one.path) == ("ada.ipynb", "ada", tmp_path / "ada.ipynb")


# ---- several notebooks of one student


def test_of_several_lessons_the_released_one_is_taken(tmp_path):
    lay(tmp_path, {"ada/a.ipynb": notebook("five"), "ada/b.ipynb": notebook("eight", lesson="08_score_honestly")})
    one, _ = collect(lay(tmp_path, ["bob.ipynb"]), RELEASED)
    assert first_cell(one) == "five"
    assert one.note == "marked is a.ipynb, not ada/b.ipynb"


def test_a_notebook_whose_metadata_are_lost_is_known_by_its_cells(tmp_path):
    sources = [cell["source"] for cell in RELEASED["cells"]]
    lay(tmp_path, {"ada/a.ipynb": notebook(*sources[:2], "mine", lesson="")})
    lay(tmp_path, {"ada/b.ipynb": notebook("x = 1", lesson=""), "ada/c.ipynb": notebook("other", lesson="01_x")})
    one, _ = collect(lay(tmp_path, ["bob.ipynb"]), RELEASED)
    assert one.path.name == "a.ipynb"


def test_of_several_attempts_the_newest_is_taken_and_named(tmp_path):
    attempts = ["adal_12_345_05.ipynb", "adal_12_345_05-1.ipynb", "adal_12_345_05-10.ipynb", "adal_12_345_05-9.ipynb"]
    [one] = collect(lay(tmp_path, attempts), RELEASED)
    assert (one.name, one.path.name) == ("adal_12_345_05-10.ipynb",) * 2
    assert one.note.startswith("marked is adal_12_345_05-10.ipynb, not ")
    assert all(other in one.note for other in attempts)


def test_a_readable_notebook_is_preferred_and_the_broken_one_named(tmp_path):
    [one] = collect(lay(tmp_path, {"ada/1.ipynb": notebook("fine"), "ada/2.ipynb": b"{"}))
    assert first_cell(one) == "fine"
    assert "2.ipynb" in one.note


def test_two_students_of_one_name_on_a_platform_stay_two(tmp_path):
    made = collect(lay(tmp_path, ["adal_12_345_x.ipynb", "adal_13_346_x.ipynb"]))
    assert [one.student for one in made] == ["adal", "adal"]


def test_another_lesson_and_a_name_that_is_nobodys_are_said(tmp_path):
    lay(tmp_path, {"ada.ipynb": notebook("x", lesson="01_meet"), f"{LESSON}.ipynb": notebook("x")})
    unnamed, ada = collect(tmp_path, RELEASED)
    assert (unnamed.student, unnamed.note) == ("", "its name names no student")
    assert ada.note == f"it does not look like lesson {LESSON}"


# ---- what cannot be read

BAD = {
    "empty": (b"", "it is empty"),
    "no JSON": (b"{\x00", "not JSON"),
    "a page": (b"<!DOCTYPE html><html>", "a page of HTML"),
    "no UTF-8": (b'{"cells": "\xff\xfe\xfa"}', "not JSON"),
    "a list": (b"[1, 2]", "no dictionary"),
    "no cells": (b'{"nbformat": 4}', "no list of cells"),
    "the future": (b'{"nbformat": 5, "cells": []}', "format (5)"),
    "no format": (b'{"nbformat": "four", "cells": []}', "format (four)"),
    "brackets": (b"[" * 200_000, "not JSON"),
    "digits": (b'{"nbformat": ' + b"1" * 10_000 + b"}", "not JSON"),
}


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_an_unreadable_notebook_says_why_and_the_rest_is_collected(tmp_path, content, says):
    lay(tmp_path, {"a.ipynb": content, "b.ipynb": notebook("fine"), "c/work.ipynb": content})
    a, b, c = collect(tmp_path)
    assert (a.notebook, c.notebook, b.problem) == (None, None, "")
    assert says in a.problem
    assert c.problem.startswith("work.ipynb: ")


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_bytes_whatever_raise_anything_but_the_one_error(content):
    with contextlib.suppress(UnfitNotebookError):
        assert isinstance(json.loads(read_notebook(content))["cells"], list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"nbformat": st.sampled_from([2, 3, 4])},
        optional={
            "cells": json_values
            | st.lists(
                st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(("cell_type", "source", "metadata", "id"), json_values)
                )
            ),
            "worksheets": json_values | st.lists(st.fixed_dictionaries({"cells": json_values})),
            "metadata": json_values,
        },
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_notebook_holds_its_cells_are_of_the_promised_types(data):
    try:
        cells = cells_of(read_notebook(json.dumps(data).encode()))
    except UnfitNotebookError:
        return
    for cell in cells:
        assert cell["cell_type"] in ("code", "markdown", "raw")
        assert isinstance(cell["source"], str)
        assert isinstance(cell["metadata"], dict)


def test_a_notebook_of_format_3_is_upgraded():
    old = {
        "nbformat": 3,
        "worksheets": [
            {"cells": [{"cell_type": "heading", "source": "T"}, {"cell_type": "code", "input": ["a\n", "b"]}]}
        ],
    }
    cells = cells_of(read_notebook(json.dumps(old).encode()))
    assert [(cell["cell_type"], cell["source"]) for cell in cells] == [("markdown", "T"), ("code", "a\nb")]


def test_outputs_are_dropped_and_lone_surrogates_survive():
    cells = [{"cell_type": "code", "source": ["x = '", "\ud800'"], "outputs": [{"data": "A" * 1000}], "metadata": None}]
    content = json.dumps({"nbformat": 4, "cells": cells}).encode()
    made = read_notebook(content)
    assert len(made) < 300
    assert cells_of(made)[0]["source"] == "x = '\ud800'"


def test_links_pipes_and_huge_files_are_rows_and_are_not_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook("secret"))
    folder = lay(tmp_path / "class", ["zoe.ipynb", "dan/own.ipynb"])
    (folder / "ada.ipynb").symlink_to(secret)
    (folder / "bob").symlink_to(tmp_path)
    (folder / "dan" / "more.ipynb").symlink_to(secret)
    os.mkfifo(folder / "cleo.ipynb")
    with open(folder / "eve.ipynb", "wb") as file:
        file.truncate(500_000_000)
    rows = {one.student: one for one in collect(folder)}
    assert sorted(rows) == ["ada", "bob", "cleo", "dan", "eve", "zoe"]
    assert "link" in rows["ada"].problem
    assert "link" in rows["bob"].problem
    assert "no plain file" in rows["cleo"].problem
    assert "500 MB" in rows["eve"].problem
    assert first_cell(rows["dan"]) == "dan/own.ipynb"
    assert first_cell(rows["zoe"]) == "zoe.ipynb"


def test_other_file_types_of_a_named_student_are_a_row_strangers_are_not(tmp_path):
    lay(
        tmp_path,
        {"adal_12_3456_essay.pdf": b"%PDF", "Bob/essay.docx": b"PK", "README.txt": b"x", "c.ipynb.txt": notebook("c")},
    )
    ada, bob, c = collect(tmp_path)
    assert ada.problem == "no notebook was handed in, only adal_12_3456_essay.pdf"
    assert bob.problem == "no notebook was handed in, only essay.docx"
    assert (c.student, first_cell(c)) == ("c", "c")


def test_moodles_typed_text_beside_a_file_is_no_second_row(tmp_path):
    lay(tmp_path, ["Ada L_1_assignsubmission_file_/x.ipynb"])
    lay(tmp_path, {"Ada L_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>hello"})
    assert len(collect(tmp_path)) == 1


# ---- zips that mean harm


@pytest.mark.parametrize("path", ["/etc/x.ipynb", "../x.ipynb", "a/../../x.ipynb", "C:\\x.ipynb", "..\\x.ipynb"])
def test_a_students_zip_that_leads_out_is_refused_whole(tmp_path, path):
    content = zipped({"fine.ipynb": notebook("fine"), path: notebook("evil")})
    made = collect(lay(tmp_path / "class", {"ada.zip": content, "bob.ipynb": notebook("bob")}))
    assert students(made) == ["ada", "bob"]
    assert made[0].notebook is None
    assert "the zip gives it the path" in made[0].problem
    assert sorted(os.listdir(tmp_path)) == ["class"]


def test_a_class_zip_with_one_path_that_leads_out_keeps_the_others(tmp_path):
    (tmp_path / "class.zip").write_bytes(zipped(["ada.ipynb", "bob.ipynb", "../../eve.ipynb"]))
    made = collect(tmp_path / "class.zip")
    assert [one.notebook is not None for one in made] == [True, True, False]
    assert "leads" not in made[0].problem
    assert "../../eve.ipynb" in made[2].problem


def test_a_link_in_a_zip_is_not_read_as_a_notebook(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entry = zipfile.ZipInfo("x.ipynb")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    [one] = collect(lay(tmp_path, {"ada/a.zip": stream.getvalue()}))
    assert one.problem == "x.ipynb: it is a link, which is not followed"


def test_bombs_are_refused_before_they_go_off(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "AT_MOST", 100_000)
    monkeypatch.setattr(found, "UNPACKED", 250_000)
    large = zipped({"x.ipynb": b"0" * 1_000_000})
    lying = bytearray(large)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.find(mark) + offset
        lying[at : at + 4] = (10).to_bytes(4, "little")  # the size that the zip claims
    many = zipped({f"{n}.ipynb": b" " * 90_000 for n in range(9)})
    layers = notebook("core")
    for level in range(6):
        layers = zipped({f"{level}.zip" if level else "x.ipynb": layers})
    lay(tmp_path, {"a.zip": large, "b.zip": bytes(lying), "c.zip": many, "d.zip": layers, "e.ipynb": notebook("e")})
    made = collect(tmp_path)
    assert [bool(one.problem) for one in made] == [True, True, True, True, False]
    assert "notebooks of more than" in made[0].problem
    assert "zips lie within each other" in made[3].problem


def test_of_a_students_zip_no_more_than_allowed_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "UNPACKED", 250_000)
    lay(tmp_path, {"a.zip": zipped({f"{n}.ipynb": notebook("x" * 90_000) for n in range(9)})})
    files = list(found.find_files(tmp_path))
    assert sum(len(file.content or b"") for file in files) < 250_000
    assert [bool(file.problem) for file in files] == [False, False, *[True] * 7]
    assert "unpacks to more" in files[2].problem


def test_damaged_and_encrypted_zips_are_rows(tmp_path):
    whole = zipped({"x.ipynb": notebook("x" * 500)})
    bent = bytearray(whole)
    bent[60] ^= 0xFF
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.find(b"PK\x01\x02") + 8] |= 1
    lay(
        tmp_path,
        {"a.zip": whole[:50], "b.zip": bytes(bent), "c.zip": bytes(locked), "d.zip": b"", "e.ipynb": notebook("")},
    )
    made = collect(tmp_path)
    assert [bool(one.problem) for one in made] == [True, True, True, True, False]
    assert "encrypted" in made[2].problem


@given(st.binary(max_size=120), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_a_zip_with_any_damage_never_stops_the_class(tmp_path_factory, noise, where):
    content = bytearray(zipped(["deep/x.ipynb", "y.ipynb"]))
    content[where : where + len(noise)] = noise
    folder = lay(tmp_path_factory.mktemp("class"), {"ada.zip": bytes(content), "bob.ipynb": notebook("bob")})
    assert "bob" in students(collect(folder))


def test_a_place_that_is_not_there_or_no_zip_is_an_error_with_its_name(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        collect(tmp_path / "nowhere")
    (tmp_path / "class.tar").write_bytes(b"x")
    with pytest.raises(DataError, match=r"class\.tar.*neither"):
        collect(tmp_path / "class.tar")


def test_collecting_writes_nothing(tmp_path):
    lay(tmp_path, {"a.zip": zipped(["x.ipynb"]), "b.ipynb": notebook("b")})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    collect(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


# ---- names


@pytest.mark.parametrize(
    ("label", "student", "number"),
    [
        ("lovelaceada_12345_67890_05_tversky_losses-1.ipynb", "lovelaceada", "12345"),
        ("lovelaceada_LATE_12345_67890_work.zip", "lovelaceada", "12345"),
        ("Ada King-Noel_12345_assignsubmission_file_", "Ada King-Noel", "12345"),
        ("ada_1234567_05_tversky_losses.ipynb", "ada 1234567", ""),
        ("ada_lovelace (1).ipynb", "ada lovelace", ""),
        (f"{LESSON}.ipynb", "", ""),
        (f"{LESSON} - Ada Lovelace.ipynb", "Ada Lovelace", ""),
        ("s1234567.ipynb", "s1234567", ""),
    ],
)
def test_what_a_name_says_of_the_student(label, student, number):
    found = named(label, (LESSON,))
    assert (found.student, found.number) == (student, number)


def test_names_of_several_scripts_are_compared_as_people_do():
    assert sorted(words("O'Brien, Séamus")) == sorted(words("seamus OBRIEN"))
    assert words("Łukasz Strauß") == ("lukasz", "strauss")
    assert words("王 小明") == ("王", "小明")


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_names_can_be_put_in_one_order(labels):
    backwards = list(reversed(labels))
    assert sorted(labels, key=in_order) == sorted(backwards, key=in_order)
