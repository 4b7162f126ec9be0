"""What JSON lacks is a string in every file and message, wherever in a record it is."""

import json
import math
from pathlib import Path

from nanscope_torch.folder import Folder, to_line


def test_numbers_that_json_lacks_are_strings(tmp_path: Path) -> None:
    record = {"loss": math.nan, "rows": [1.5, (math.inf, {"least": -math.inf})]}
    expected = {"loss": "NaN", "rows": [1.5, ["Infinity", {"least": "-Infinity"}]]}
    assert to_line(record) == json.dumps(expected, separators=(",", ":"))
    folder = Folder(tmp_path)
    folder.write("run.json", record)
    folder.append("lines.jsonl", [record, {"loss": 1.5}])
    assert json.loads((tmp_path / "run.json").read_text()) == expected
    assert [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()] == [expected, {"loss": 1.5}]
