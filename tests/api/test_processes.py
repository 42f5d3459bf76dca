"""Two processes: together they see each target once per epoch, with that epoch's contexts."""

import json
import socket

import pytest

import ictrain
from tests.api.kit import make_folder
from tests.api.processes_child import child
from tests.made_tokenizers import byte_level_bpe
from tests.training.forked import FORK, start_server


@pytest.mark.slow
def test_the_epoch_reaches_every_process_of_a_training(tmp_path):
    folder = make_folder(tmp_path)
    start_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [FORK.Process(target=child, args=(str(folder), rank, port)) for rank in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    contexts = ictrain.Contexts.from_config(folder / "config.yaml", strategy="contrastive")
    dataset = contexts.dataset(byte_level_bpe())
    calls = [call for r in (0, 1) for call in json.loads((folder / f"seen-{r}.json").read_text())]
    for epoch in (0, 1):
        dataset.set_epoch(epoch)
        ours = sorted(item["input_ids"] for item in dataset)
        theirs = [ids for at, batch in calls if at == epoch for ids in batch]
        assert sorted(theirs) == ours
