"""Several devices or machines make the run that one device would make; what goes wrong among them is a sentence."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from course_lib import cli
from course_lib.data import Augmentation
from course_lib.errors import ArgumentError, CourseError, RecipeError
from course_lib.training import Recipe, train
from course_lib.training.distribute import Devices, Team, choose_devices
from course_lib.training.meeting import Worker, meet

TOY = Recipe(
    network="unet", width=0.02, weights=None, size=16, batch=4, epochs=3, learning_rate=0.01, precision="float32",
    validation=0.2, test=0.2, augmentation=Augmentation().only("flip", "noise"),
)  # fmt: skip
TOLERANCE = 2e-4  # float32, added up in another order for three epochs


@pytest.fixture(scope="module")
def scans_folder(tmp_path_factory):
    """Eight patients of four slices, a bright square on two of them."""
    root = tmp_path_factory.mktemp("scans") / "kaggle_3m"
    random = np.random.default_rng(0)
    for number in range(8):
        name = f"TCGA_{('CS', 'DU')[number % 2]}_{4000 + number}_20000101"
        (root / name).mkdir(parents=True)
        for n in range(1, 5):
            image = random.integers(0, 60, (32, 32, 3), dtype=np.uint8)
            mask = np.zeros((32, 32), np.uint8)
            if n in (2, 3):
                mask[8:20, 6 + number : 20] = 255
                image[mask > 0] += 150
            Image.fromarray(image).save(root / name / f"{name}_{n}.tif")
            Image.fromarray(mask).save(root / name / f"{name}_{n}_mask.tif")
    return root


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "toy.json"
    TOY.to_json(path)
    return path


@pytest.fixture(scope="module")
def straight(scans_folder, tmp_path_factory):
    """The run of one device."""
    return train(TOY, scans_folder, tmp_path_factory.mktemp("straight") / "run", progress=False)


@pytest.fixture
def begun(scans_folder, tmp_path):
    """A run of one device that was interrupted in its second epoch."""
    import keras

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TOY, scans_folder, tmp_path / "begun", progress=False, callbacks=[Interrupt()])
    return tmp_path / "begun"


def course(*words, log=None):
    """Start a command; `log` gets what it says."""
    command = [sys.executable, "-m", "course_lib.cli", *map(str, words)]
    # TensorFlow's threads of several processes starve one another on few cores; two suffice for the toy.
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Workers:
    """Two processes on this machine that train together, and what they say."""

    def __init__(self, folder, *words, each=((), ())):
        self.outs = [folder / "first", folder / "second"]
        self.logs = [folder / f"{name}.log" for name in ("first", "second")]
        addresses = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
        self.processes = []
        for number in (0, 1):
            mine = ("--workers", addresses, "--worker", number, "--wait", 300, "--out", self.outs[number])
            with open(self.logs[number], "w") as log:
                self.processes.append(course("train", *words, *mine, *each[number], log=log))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()

    def until(self, number, words):
        """Wait until a worker has said `words`."""
        end = time.monotonic() + 480
        while words not in self.said(number):
            assert self.processes[number].poll() is None, self.said(number)
            assert time.monotonic() < end, self.said(number)
            time.sleep(0.1)

    def said(self, number):
        return self.logs[number].read_text()

    def ends(self):
        """Exit status of each, once they have ended."""
        return [process.wait(timeout=480) for process in self.processes]


def assert_same_run(history, straight):
    expected = straight.history
    pd.testing.assert_frame_equal(history[["epoch", "learning_rate"]], expected[["epoch", "learning_rate"]])
    for column in ("loss", "val_loss"):
        np.testing.assert_allclose(history[column], expected[column], rtol=TOLERANCE)
    np.testing.assert_allclose(
        history["val_dice"], expected["val_dice"], atol=0.02
    )  # a pixel at the threshold may flip


# --- one step ---

STEPS = """
import json, sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from course_lib.training import Recipe
from course_lib.training.distribute import Team
from course_lib.training.networks import build_loss, build_model
from course_lib.training.together import whole_batch

recipe, policy = Recipe.from_json(sys.argv[1]), sys.argv[2]
random = np.random.default_rng(0)
images = random.uniform(0, 255, (4, 16, 16, 3)).astype("float32")
masks = np.zeros((4, 16, 16, 1), "float32")
masks[0, 4:9, 4:9] = 1  # on one of the two devices alone: the mean over devices is not the loss of the batch
batches = tf.data.Dataset.from_tensors((images, masks)).repeat(2)
found = []
for team in (Team(), Team(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))):
    keras.utils.set_random_seed(0)
    model = build_model(recipe, policy, team=team)
    loss = build_loss(recipe)
    with team.scope():  # what plain gradient descent subtracts is the gradient itself
        model.compile(keras.optimizers.SGD(0.1), whole_batch(loss) if team.replicas > 1 else loss)
    before = model.get_weights()
    value = team.fit(model, batches)
    found.append([value, *(weight - old for weight, old in zip(model.get_weights(), before))])
one, two = found
print(json.dumps([one[0], two[0],
    max(float(np.abs(a - b).max()) for a, b in zip(one[1:], two[1:])),
    max(float(np.abs(a).max()) for a in one[1:])]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "focal_tversky"},
        {"loss": "dice", "per_image": True},
        {"loss": "binary_crossentropy"},
        {"network": "vgg19_unet", "size": 16, "width": 0.02},
    ],
)
def test_two_devices_step_as_one_does_batch_normalisation_included(changes, tmp_path):
    """Two steps of plain gradient descent, so that a gradient of another scale would show."""
    Recipe(**{**json.loads(TOY.to_json()), **changes}).to_json(tmp_path / "recipe.json")
    words = [sys.executable, "-c", STEPS, str(tmp_path / "recipe.json"), "float32"]
    result = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    one, two, difference, moved = json.loads(result.stdout)
    assert two == pytest.approx(one, rel=1e-5)
    assert moved > 1e-3
    assert difference < 1e-3 * moved


OVERFLOW = """
import json
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from course_lib.training.together import team_adam

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    weight = keras.Variable([1.0, 2.0])
    scaler = team_adam("mixed_float16", keras.optimizers.Adam)(0.1, 1e-7)
    scaler.build([weight])

@tf.function(autograph=False)
def step(gradients):
    strategy.run(lambda each: scaler.apply([each], [weight]), args=(gradients,))

found = []
for pair in ([1.0, float("inf")], [float("nan"), 1.0], [1.0, 1.0]):
    each = tf.constant(pair)
    step(strategy.experimental_distribute_values_from_function(
        lambda context: each[context.replica_id_in_sync_group] * scaler.dynamic_scale.numpy() * tf.ones(2)))
    copies = [copy.numpy().tolist() for copy in strategy.experimental_local_results(weight.value)]
    found.append([copies, float(scaler.dynamic_scale.numpy()), int(scaler.step_counter.numpy())])
print(json.dumps(found))
"""


@pytest.mark.slow
def test_half_precision_that_overflows_on_either_device_moves_no_weight_on_any():
    result = subprocess.run([sys.executable, "-c", OVERFLOW], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    first, second, third = json.loads(result.stdout)
    assert first == [[[1.0, 2.0]] * 2, 2**15 / 2, 0]
    assert second == [[[1.0, 2.0]] * 2, 2**15 / 4, 0]
    copies, scale, steps = third
    assert copies[0] == copies[1]
    assert copies[0][0] < 1.0
    assert (scale, steps) == (2**15 / 4, 1)


# --- a run ---


@pytest.mark.slow
def test_a_run_on_two_devices_is_that_of_one(scans_folder, recipe_file, straight, tmp_path):
    out = tmp_path / "run"
    words = ("train", "--data", scans_folder, "--recipe", recipe_file, "--devices", 2, "--out", out, "--quiet")
    assert course(*words).wait(timeout=300) == 0
    assert_same_run(pd.read_csv(out / "history.csv"), straight)
    assert {path.name for path in out.iterdir()} == {path.name for path in straight.folder.iterdir()}


@pytest.mark.slow
def test_a_run_begun_on_one_device_goes_on_with_two(begun, scans_folder, straight):
    assert len(pd.read_csv(begun / "history.csv")) == 1
    words = ("train", "--data", scans_folder, "--resume", "--devices", 2, "--out", begun, "--quiet")
    assert course(*words).wait(timeout=300) == 0
    assert_same_run(pd.read_csv(begun / "history.csv"), straight)


@pytest.mark.slow
def test_when_a_worker_dies_the_other_says_so_and_both_resume_to_the_run_of_one(
    scans_folder, recipe_file, straight, tmp_path, capsys
):
    words = ("--data", scans_folder, "--recipe", recipe_file, "--resume")
    with Workers(tmp_path, *words, "--epochs", TOY.epochs) as workers:
        workers.until(0, "Epoch 1/")
        workers.processes[1].send_signal(signal.SIGKILL)
        assert workers.ends() == [1, -signal.SIGKILL]
        assert "lost touch with another" in workers.said(0)
        assert "--resume" in workers.said(0)
        assert "Traceback" not in workers.said(0)
        assert not workers.outs[1].exists()
    with Workers(tmp_path, *words) as workers:
        assert workers.ends() == [0, 0], workers.said(0) + workers.said(1)
        assert "on the first worker" in workers.said(1)
    assert not workers.outs[1].exists()
    assert_same_run(pd.read_csv(workers.outs[0] / "history.csv"), straight)
    evaluate = ["evaluate", "--data", scans_folder, "--model", workers.outs[0], "--csv", tmp_path / "scores.csv"]
    assert cli.main([str(word) for word in evaluate]) == 0
    assert len(pd.read_csv(tmp_path / "scores.csv")) == len(straight.split.test)


@pytest.mark.slow
def test_workers_with_different_recipes_both_say_so(scans_folder, recipe_file, tmp_path):
    words = ("--data", scans_folder, "--recipe", recipe_file)
    with Workers(tmp_path, *words, each=(("--seed", 0), ("--seed", 1))) as workers:
        assert workers.ends() == [1, 1]
        for number in (0, 1):
            assert "do not agree in recipe" in workers.said(number)
            assert "Traceback" not in workers.said(number)
    assert not any(out.exists() for out in workers.outs)


# --- words ---


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"workers": "10.0.0.1,10.0.0.2:1234", "index": 0}, "host:port"),
        ({"workers": "10.0.0.1:0,10.0.0.2:1234", "index": 0}, "1 to 65535"),
        ({"workers": "10.0.0.1:70000,10.0.0.2:1234", "index": 0}, "1 to 65535"),
        ({"workers": "http://a:1,b:2", "index": 0}, "host:port"),
        ({"workers": "a:1,", "index": 0}, "host:port"),
        ({"workers": "a:1", "index": 0}, "at least two"),
        ({"workers": "a:1,a:1", "index": 0}, "twice"),
        ({"workers": "a:1,b:2"}, "--worker says which"),
        ({"workers": "a:1,b:2", "index": 2}, "from 0 to 1"),
        ({"workers": "a:1,b:2", "index": -1}, "from 0 to 1"),
        ({"workers": "a:1,b:2", "index": 0, "wait": 0}, "--wait"),
        ({"index": 1}, "give both"),
        ({"count": "some"}, "all, one, or a number"),
        ({"count": "0"}, "all, one, or a number"),
        ({"environment": {"TF_CONFIG": "{"}}, "TF_CONFIG"),
        (
            {
                "environment": {
                    "TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "ps", "index": 0}}'
                }
            },
            "TF_CONFIG",
        ),
    ],
)
def test_wrong_words_are_named_with_what_is_right(words, reason):
    with pytest.raises(ArgumentError) as caught:
        choose_devices(**{"environment": {}, **words})
    assert reason in str(caught.value)


def test_workers_reach_tensorflow_as_it_documents_them_and_come_back_so():
    environment = {}
    devices = choose_devices(workers="a:1, b:2", index=1, environment=environment)
    assert json.loads(environment["TF_CONFIG"]) == {
        "cluster": {"worker": ["a:1", "b:2"]},
        "task": {"type": "worker", "index": 1},
    }
    assert choose_devices(environment=environment) == devices
    assert not devices.is_chief


def test_a_chief_in_tf_config_is_the_first_worker():
    cluster = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    config = {"cluster": cluster, "task": {"type": "worker", "index": 1}}
    assert choose_devices(environment={"TF_CONFIG": json.dumps(config)}).worker.index == 2
    config["task"] = {"type": "chief", "index": 0}
    assert choose_devices(environment={"TF_CONFIG": json.dumps(config)}).is_chief


@pytest.mark.parametrize("text", ["", "{}", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}'])
def test_a_tf_config_of_one_machine_changes_nothing(text):
    assert choose_devices("one", environment={"TF_CONFIG": text}) == Devices("one")


@pytest.mark.parametrize(("batch", "near"), [(15, "12 or 16"), (2, "Take 4")])
def test_a_batch_that_cannot_be_shared_names_those_that_can(batch, near):
    class Strategy:
        num_replicas_in_sync = 4

    with pytest.raises(RecipeError, match=near):
        Team(Strategy()).check_batch(batch)
    Team(Strategy()).check_batch(16)


@pytest.mark.slow
def test_a_batch_that_does_not_divide_ends_the_command_with_a_sentence(scans_folder, recipe_file, tmp_path):
    words = ("train", "--data", scans_folder, "--recipe", recipe_file, "--devices", 3, "--out", tmp_path / "run")
    with open(tmp_path / "log", "w") as log:
        assert course(*words, log=log).wait(timeout=300) == 1
    assert "Take 3 or 6 (--batch)" in (tmp_path / "log").read_text()
    assert not (tmp_path / "run").exists()


def test_more_devices_than_there_are_is_refused():
    with pytest.raises(ArgumentError, match="--devices is 1000"):
        Devices(1000).open()


# --- meeting ---


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CourseError, match=f"Port {port}.*is in use"):
            meet(Worker((f"127.0.0.1:{port}", "127.0.0.1:1"), 0, wait=1))


def test_workers_that_do_not_come_are_named_after_the_wait():
    here, there = free_ports(2)
    with pytest.raises(CourseError, match=f"waited 0.5 seconds for 127.0.0.1:{there}"):
        meet(Worker((f"127.0.0.1:{here}", f"127.0.0.1:{there}"), 0, wait=0.5))


def test_workers_that_are_all_there_meet_and_leave_their_port_free():
    here, there = free_ports(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", there))
        other.listen()
        meet(Worker((f"127.0.0.1:{here}", f"127.0.0.1:{there}"), 0, wait=30))
    with socket.socket() as again:
        again.bind(("127.0.0.1", here))
