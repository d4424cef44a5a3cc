"""Tables with types, and the same tables out of files."""

import sys

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import sora_kit
from sora_kit import Studio
from sora_kit.errors import BadMedia, InvalidInput, MissingDependency
from sora_kit.store.dataframe import clips_frame
from sora_kit.store.table_files import typed


@pytest.fixture(scope="module")
def made(pictures):
    with Studio(pictures) as studio:
        yield studio


def test_columns_have_one_type_each(made):
    types = {name: str(dtype) for name, dtype in made.results().dtypes.items()}
    assert types["created"] == "datetime64[us, UTC]"
    assert {types[name] for name in ("kind", "model", "style", "backend", "state")} == {"category"}
    assert {types[name] for name in ("width", "height", "seed", "bytes")} == {"Int64"}
    assert types["seconds"] == "float64"
    assert types["preview"] == "bool"
    jobs = {name: str(dtype) for name, dtype in made.jobs().dtypes.items()}
    assert {jobs[name] for name in ("created", "started", "finished")} == {"datetime64[us, UTC]"}
    assert jobs["attempts"] == "Int64"


def test_an_empty_table_has_the_same_types(made):
    empty, full = clips_frame([], None), made.results()
    assert [d.name for d in empty.dtypes] == [d.name for d in full.dtypes]


def test_gaps_in_whole_numbers_stay_gaps():
    frame = typed(pd.DataFrame({"seed": [1, None], "other": [1, 2]}))
    assert frame["seed"].tolist()[0] == 1
    assert frame["seed"].isna().tolist() == [False, True]
    assert str(frame["other"].dtype) == "int64"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_give_back_what_was_written(made, tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    mine = made.results().assign(rating=[5, 3], prompt=["NA", 'A "cat", a dog\nand “ñ”'])
    for name, frame in (("results", mine), ("jobs", made.jobs())):
        path = frame.sora.save(tmp_path / "new" / f"{name}.{form}")
        assert_frame_equal(sora_kit.read_table(path), frame)
    assert sora_kit.read_table(tmp_path / "new" / f"results.{form}").sora.preview().html.count("/media/") == 2


def test_parquet_without_pyarrow_says_what_to_install(made, tmp_path, monkeypatch):
    results = made.results()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependency, match=r"sora-kit\[parquet\]"):
        results.sora.save(tmp_path / "x.parquet")


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="names no form of table"):
        sora_kit.read_table(tmp_path / "x.xlsx")
    with pytest.raises(BadMedia, match="There is no file"):
        sora_kit.read_table(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_text("created\nyesterday\n")
    with pytest.raises(BadMedia, match=r"y\.csv is no table"):
        sora_kit.read_table(tmp_path / "y.csv")
