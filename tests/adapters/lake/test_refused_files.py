import json

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.lake.refused_files import list_refused_files

NAME = f"{'a' * 16}-march.csv"


def refuse(folder, name, reason):
    (folder / "refused").mkdir(exist_ok=True)
    (folder / "refused" / name).write_text("x")
    (folder / "refused" / f"{name}.reason.json").write_text(reason)


def test_refused_file_has_its_own_name_and_its_reason(tmp_path):
    refuse(tmp_path, NAME, json.dumps({"found": "a", "expected": "b", "remedy": "Do."}))

    [file] = list_refused_files(open_lake(tmp_path), most=5).newest

    assert (file.name, file.key) == ("march.csv", f"refused/{NAME}")
    assert (file.found, file.expected, file.remedy) == ("a", "b", "Do.")


def test_reason_that_cannot_be_read_is_left_out_and_the_file_is_not(tmp_path):
    refuse(tmp_path, NAME, "{")

    [file] = list_refused_files(open_lake(tmp_path), most=5).newest

    assert (file.name, file.found) == ("march.csv", "")


def test_of_many_files_the_newest_are_read_and_all_are_counted(tmp_path):
    for number in range(4):
        refuse(tmp_path, f"{number:016x}-f{number}.csv", "{}")

    found = list_refused_files(open_lake(tmp_path), most=2)

    assert (len(found.newest), found.count) == (2, 4)
