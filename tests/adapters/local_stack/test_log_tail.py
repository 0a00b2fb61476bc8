from credit_default.adapters.local_stack.log_tail import LogTail


def test_lines_come_once_and_whole_as_the_file_grows(tmp_path):
    log = tmp_path / "x.log"
    log.write_bytes(b"first\nsec")
    tail = LogTail(log)

    reported = [tail.read_new(), tail.read_new()]
    with log.open("ab") as file:
        file.write(b"ond\r\n\xff\n")

    assert reported == [["first"], []]
    assert tail.read_new() == ["second", "�"]
