"""Files come whole, all of them or none."""

from __future__ import annotations

import pytest
from deployment.cases import deploy_untouched

from neuralspot_edge.deployment import bundle, sources, write_bundle, write_sources
from neuralspot_edge.errors import InputError


@pytest.fixture
def model(models):
    return deploy_untouched(models["int8"])


def test_the_sources_are_written_as_they_are(tmp_path, model):
    written = write_sources(model.content, tmp_path, model.settings)
    assert {path.name: path.read_bytes() for path in written} == sources(model.content, model.settings)
    assert sorted(tmp_path.iterdir()) == written


def test_the_bundle_goes_into_a_folder_of_its_own_and_replaces_an_older_one(tmp_path, model):
    write_bundle(model.content, tmp_path, model.settings)
    (tmp_path / "firmware" / "main.c").write_text("mine")
    (tmp_path / "firmware" / "model_data.h").write_text("old")
    written = write_bundle(model.content, tmp_path, model.settings)
    assert {path.name: path.read_bytes() for path in written} == bundle(model.content, model.settings)
    assert (tmp_path / "firmware" / "main.c").read_text() == "mine"


def test_no_self_test_of_an_earlier_model_is_left(tmp_path, model):
    write_bundle(model.content, tmp_path, model.settings)
    written = write_bundle(model.content, tmp_path, model.with_settings(golden=None).settings)
    assert sorted((tmp_path / "firmware").iterdir()) == written


def test_nothing_is_written_where_one_file_cannot_be(tmp_path, model):
    (tmp_path / "op_resolver.h").mkdir()
    (tmp_path / "op_resolver.h" / "kept").touch()
    (tmp_path / "model_data.h").write_text("old")
    with pytest.raises(InputError, match=r"cannot write .*op_resolver\.h"):
        write_sources(model.content, tmp_path, model.settings)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model_data.h", "op_resolver.h"]
    assert (tmp_path / "model_data.h").read_text() == "old"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, model):
    (tmp_path / "firmware").touch()
    with pytest.raises(InputError, match=r"cannot make the folder .*firmware"):
        write_bundle(model.content, tmp_path, model.settings)
    with pytest.raises(InputError, match="cannot write"):
        write_sources(model.content, tmp_path / "missing", model.settings)
