"""The one training loop: draw a batch, step, now and then validate and checkpoint. A resumed run equals a straight one.

In a run's folder: `log.jsonl` (one line an event), `last.safetensors` + `last.json` (to resume from),
`best.safetensors` (weights with the best validation score).
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from jndkit.batch import ledger
from jndkit.errors import DamagedError, InputError, OutputError, UsageError
from jndkit.picture import make_folder, replacing, write_atomic
from jndkit.training.networks import load_weights, network
from jndkit.training.recipe import Recipe
from jndkit.training.tasks import Calibrating, Task, task as named_task

EVENT_KEYS = frozenset(("event", "time", "step", "loss", "seconds"))
"""What a validation's line in the log holds beside the task's scores."""


class Run:
    """A training run in a folder. Restores itself from `last` where there is one.

    device: "cpu", "cuda" and the like; the GPU where there is one by default.
    Raises UsageError for a device that cannot be used and for a folder with a run of another network, InputError for
    weights that cannot be started from.
    """

    def __init__(self, recipe: Recipe, folder: Path, *, device: str | None = None) -> None:
        self.recipe, self.folder = recipe, folder
        # As torchrun tells each of its processes.
        self.rank, self.world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self.device = _device(device)
        if self.device.type == "cuda" and self.world > 1:
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.manual_seed(recipe.seed)
        self.model = network(recipe.name, recipe.model).to(self.device)
        self.model.to(memory_format=torch.channels_last)
        if recipe.init_from:
            load_weights(self.model, recipe.init_from, recipe.name)
        self.average = {name: parameter.detach().clone() for name, parameter in self.model.named_parameters()}
        self.optimiser = _optimiser(self.model, recipe)
        # Each process draws batches of its own.
        self.generator = torch.Generator().manual_seed(recipe.seed + 1000 * self.rank)
        self.step, self.best, self.seconds = 0, -math.inf, 0.0
        self.amp = recipe.amp and _computes_bfloat16(self.device)
        self._restore()

    def train(self) -> dict[str, Any]:
        """Train to the recipe's last step; returns the last validation's scores."""
        recipe, task = self.recipe, named_task(self.recipe)
        if self.rank != 0:
            return self._together(task)
        make_folder(str(self.folder))
        with _alone(self.folder):
            used = {"device": str(self.device), "amp": self.amp}
            self._log(event="start", step=self.step, recipe=dataclasses.asdict(recipe), **used)
            return self._together(task)

    def _together(self, task: Task) -> dict[str, Any]:
        """All steps, and then let go of the other processes, all at once.

        Threads of a group that outlives the run abort the interpreter.
        """
        # The wrapper is given away here, so that nothing holds it when the group ends: whoever frees it later frees the
        # group's threads with Python's lock held, for which they may wait themselves.
        with _denormals_as_zero():
            scores = self._steps(self._distributed(), task)
        if self.world > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()
        return scores

    def _steps(self, model: nn.Module, task: Task) -> dict[str, Any]:
        recipe, scores = self.recipe, dict[str, Any]()
        started, losses = time.perf_counter(), []
        while self.step < recipe.steps:
            losses.append(self._one_step(model, task))
            self.step += 1
            last = self.step == recipe.steps
            if self.step % recipe.validate_every == 0 or last:
                scores = self._validate(task, losses, self.seconds + time.perf_counter() - started)
                losses = []
            if self.step % recipe.checkpoint_every == 0 or last:
                now = time.perf_counter()
                self.seconds, started = self.seconds + now - started, now
                self._save()
        return scores

    def _one_step(self, model: nn.Module, task: Task) -> float:
        recipe = self.recipe
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, self.step) * group.get("pace", 1.0)
        batch = tuple(self._placed(tensor) for tensor in task.batch(self.generator))
        with self._autocast():
            loss = task.loss(model, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.clip > 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.optimiser.step()
        if recipe.ema > 0:
            # The first steps average over less: their start is nothing to remember.
            decay = min(recipe.ema, (1.0 + self.step) / (10.0 + self.step))
            with torch.no_grad():
                for name, parameter in self.model.named_parameters():
                    self.average[name].lerp_(parameter, 1.0 - decay)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise InputError(self.folder, f"the loss is {value} at step {self.step}: lower lr or set clip")
        return value

    def _placed(self, tensor: Tensor) -> Tensor:
        # Channels last is several times faster on processors with bfloat16 units, and no slower elsewhere.
        return tensor.to(self.device, memory_format=torch.channels_last if tensor.ndim == 4 else torch.preserve_format)

    def _validate(self, task: Task, losses: list[float], seconds: float) -> dict[str, Any]:
        if self.rank != 0:
            return {}
        self.model.eval()
        with torch.no_grad(), self._averaged(), self._autocast():
            scores = task.validate(self.model)
            if scores[task.score_name] > self.best:
                self.best = scores[task.score_name]
                calibrated = task.calibrated(self.model) if isinstance(task, Calibrating) else self.model.state_dict()
                _write(self.folder / "best.safetensors", calibrated)
        self.model.train()
        loss = sum(losses) / max(1, len(losses))
        self._log(event="validate", step=self.step, loss=loss, seconds=round(seconds, 1), **scores)
        return scores

    def _autocast(self) -> Any:
        return torch.autocast(self.device.type, torch.bfloat16) if self.amp else nullcontext()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The averaged weights in place of the last ones, where the recipe averages."""
        if self.recipe.ema <= 0:
            yield
            return
        last = {name: parameter.detach().clone() for name, parameter in self.model.named_parameters()}
        for name, parameter in self.model.named_parameters():
            parameter.copy_(self.average[name])
        try:
            yield
        finally:
            for name, parameter in self.model.named_parameters():
                parameter.copy_(last[name])

    def _distributed(self) -> nn.Module:
        if self.world == 1:
            return self.model
        if not torch.distributed.is_initialized():
            # NCCL knows GPUs alone.
            torch.distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        parallel: nn.Module = nn.parallel.DistributedDataParallel(self.model)
        return parallel

    def _save(self) -> None:
        if self.rank != 0:
            return
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
        tensors["generator"] = self.generator.get_state()
        # In `last.json` too, for people; but a run killed between the two files must not mix two steps.
        tensors["progress"] = torch.tensor([self.step, self.best, self.seconds], dtype=torch.float64)
        _write(self.folder / "last.safetensors", tensors)
        known = {"step": self.step, "best": self.best, "seconds": round(self.seconds, 1), "name": self.recipe.name}
        text = json.dumps({**known, "model": self.recipe.model})
        # Last, since it is what `_restore` looks for first.
        write_atomic(self.folder / "last.json", text.encode(), force=True)

    def _restore(self) -> None:
        path, checkpoint = self.folder / "last.json", self.folder / "last.safetensors"
        if not path.exists():
            return
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            same = (known["name"], known["model"]) == (self.recipe.name, self.recipe.model)
            progress = [known["step"], known["best"], known["seconds"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(
                path, f"it is not the record of a run ({error!r}); choose another folder with --run"
            ) from None
        if not same:
            raise UsageError(f"{self.folder} holds a run of another network; choose another folder with --run")
        try:
            tensors = load_file(checkpoint)
            self.model.load_state_dict(_part(tensors, "model."))
        except Exception as error:  # what safetensors raises shares no base but this one
            reason = str(error).splitlines()[0][:200]
            raise DamagedError(checkpoint, f"it is not a checkpoint of this run ({reason})") from None
        if "progress" in tensors:  # older checkpoints have it in `last.json` alone
            progress = tensors["progress"].tolist()
        self.step, self.best, self.seconds = int(progress[0]), progress[1], progress[2]
        self.average = {name: tensor.to(self.device) for name, tensor in _part(tensors, "average.").items()}
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _part(tensors, "optimiser.").items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = tensor
        if state:
            self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})
        if self.world == 1:  # of several processes only the first one's generator is kept
            self.generator.set_state(tensors["generator"].to("cpu", torch.uint8))  # a generator takes no other tensor

    def _log(self, **event: Any) -> None:
        ledger.append(self.folder / "log.jsonl", json.dumps({"time": round(time.time()), **event}))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs in one folder would write over each other. Raises UsageError where another process trains there."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    with (folder / "lock").open("w") as lock:
        try:
            # A lock ends with its process, however that ends; a file of our own would stay.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"another process trains in {folder}; choose another folder with --run") from None
        yield


def learning_rate(recipe: Recipe, step: int) -> float:
    """The rate at a step, counted from 0."""
    if recipe.schedule == "step":
        return recipe.lr * 0.1 ** (step // recipe.step_every) if recipe.step_every > 0 else recipe.lr
    if recipe.schedule == "linear":
        return recipe.lr * min(1.0, (recipe.steps - step) / max(1, recipe.steps - recipe.step_every))
    if step < recipe.warmup:
        return recipe.lr * (step + 1) / recipe.warmup
    part = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.lr * 0.5 * (1.0 + math.cos(math.pi * part))


def _optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    # Parts of a network may learn at a pace of their own, as factors on the rate.
    learned: Any = model.parameters()
    if hasattr(model, "paces"):
        learned = [{"params": list(parameters), "pace": pace} for pace, parameters in model.paces()]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(learned, lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(learned, lr=recipe.lr, betas=(recipe.beta1, 0.999), weight_decay=recipe.weight_decay)


def _device(name: str | None) -> torch.device:
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)  # only using it shows whether it is there
    except (AssertionError, RuntimeError) as error:  # AssertionError: a build of torch without CUDA
        raise UsageError(f"--device {name}: it cannot be used ({str(error).splitlines()[0][:200]})") from None
    return device


def _computes_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 gains anything: x86 processors without units for it convert each number, slower than float32."""
    # Older versions of torch do not say what a processor has.
    told: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)() if device.type == "cpu" else {}
    if told.get("architecture") != "x86_64":
        return True
    return bool(told.get("avx512_bf16") or told.get("amx_bf16"))


@contextmanager
def _denormals_as_zero() -> Iterator[None]:
    """Numbers below 1e-38 count as 0: a trained network has more and more of them, and processors are slow at them."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    """Whole or not at all: a run that is cut off keeps its last checkpoint. Raises OutputError."""
    content = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    with replacing(path, force=True) as temporary:
        try:
            save_file(content, temporary)
        except SafetensorError as error:  # what it makes of a full disk
            raise OutputError(path, f"it cannot be written: {error}") from None
