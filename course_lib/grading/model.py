"""What goes from one part of grading to the next: plain data, each with a form that JSON can hold."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

OK, TIMEOUT, CRASH, OUT_OF_MEMORY = "ok", "timeout", "crash", "out of memory"

# Errors of an outcome that are no exceptions of the learner's code, beside "TimeUp" for a call that took too long.
MISSING = "Missing"  # the submission defines no such name, or something that cannot be called
DIED = "Died"  # the process ended in the middle of this call
NOT_TRIED = "NotTried"  # an earlier call of the same exercise took the time, the memory or the process away
NOT_ATTEMPTED = "NotImplementedError"  # the stub as it was handed out; `judge_outcomes` knows it by this name

MISSING_VALUE = {"missing": True}  # in `Answer.values`: the submission binds no such name


@dataclass(frozen=True)
class Submission:
    """One thing handed in.

    Attributes:
        name: unique label of its row: the file's or folder's name as handed in.
        student: what the name says of the student.
        path: where it lies.
        notebook: the notebook as it is in the file, None if it could not be read.
        problem: why not, "" if it could.
        note: what else the instructor should know of how it was read ("two notebooks: the newer one is marked").
    """

    name: str
    student: str
    path: Path
    notebook: bytes | None = None
    problem: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; a byte that is no UTF-8 is kept as a surrogate."""
        notebook = None if self.notebook is None else self.notebook.decode("utf-8", "surrogateescape")
        return {**asdict(self), "path": str(self.path), "notebook": notebook}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Submission":
        """Return what `to_dict` was called on."""
        notebook = None if data["notebook"] is None else data["notebook"].encode("utf-8", "surrogateescape")
        return cls(**{**data, "path": Path(data["path"]), "notebook": notebook})


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        seconds: for all of it, clock time, without the start of the sandbox.
        call_seconds: for one cell, and for all calls of one exercise together.
        memory: bytes beyond what the sandbox itself holds, all processes together.
        processes: at the same time.
        disk: bytes in its scratch folder.
        output: bytes of everything that it returns.
    """

    seconds: float = 60.0
    call_seconds: float = 10.0
    memory: float = 1.5e9
    processes: int = 64
    disk: float = 64e6
    output: float = 20e6

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Limits":
        """Return what `to_dict` was called on."""
        return cls(**data)


@dataclass(frozen=True)
class Call:
    """One call of one case.

    Attributes:
        exercise: whose answer is called; the calls of an exercise share a time limit, and end together if one dies.
        function: the name under which the submission defines it.
        inputs: positional arguments, each as `wire.encode` gives it.
        keywords: keyword arguments, likewise.
        view: what of the output comes back, as "module:name" of a function of the library; "" for the output itself.
            It runs inside: where the output can cross the boundary as it is, apply the view on the trusted side.
    """

    exercise: str
    function: str
    inputs: list[Any] = field(default_factory=list)
    keywords: dict[str, Any] = field(default_factory=dict)
    view: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Call":
        """Return what `to_dict` was called on."""
        return cls(**data)


@dataclass(frozen=True)
class Job:
    """What is to be run of one submission.

    Attributes:
        submission: its label.
        cells: source of the code cells to run, in this order, in one namespace.
        calls: what to call afterwards, in this order. A submission sees the inputs of a call only when its turn has
            come, so put the cases that feedback may show before those that it may not.
        values: names whose plain value is wanted (predictions, choices, free texts), looked up before the calls.
        limits: what it may use.
    """

    submission: str
    cells: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        shallow = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**shallow, "calls": [call.to_dict() for call in self.calls], "limits": self.limits.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Job":
        """Return what `to_dict` was called on."""
        calls = [Call.from_dict(call) for call in data["calls"]]
        return cls(**{**data, "calls": calls, "limits": Limits.from_dict(data["limits"])})


@dataclass(frozen=True)
class Answer:
    """What came back of one submission; all but `status` and `detail` was said by the submission's own process.

    Attributes:
        status: "ok", "timeout", "crash" or "out of memory": the first thing that went wrong with the process itself.
            What else could be run still was: an error in a cell or a call is no such thing.
        detail: what happened, in a sentence.
        outcomes: for each call of the job, in order: output (encoded), error, message, printed and changed, as in
            `check.running.Outcome`; `wire.outcome` makes one of it. `error` may also be MISSING, DIED or NOT_TRIED.
        values: for each name asked for its encoded value, or MISSING_VALUE.
        cell_errors: [number of the cell in the job, error text], one for each cell that failed.
        printed: what the cells printed, cut.
        ours: the sandbox or the cluster failed, and the submission is not to blame: it is to be run again.
    """

    status: str = OK
    detail: str = ""
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    cell_errors: list[list[Any]] = field(default_factory=list)
    printed: str = ""
    ours: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Answer":
        """Return what `to_dict` was called on."""
        return cls(**data)


@dataclass(frozen=True)
class Row:
    """The marks of one submission.

    Attributes:
        name: label of the submission.
        student: what the name says of the student.
        status: "ok", "blank", "timeout", "crash", "unreadable" or "out of memory".
        scores: by exercise 0 to 1, or None where a person marks; empty where we failed to run it.
        total: 0 to 1, or None where nothing was marked.
        flags: what an instructor should look at ("calls losses.tversky_index").
        results: by exercise what feedback shows: status, statement, explanation, misconception, says, and details of a
            visible case only.
    """

    name: str
    student: str
    status: str = OK
    scores: dict[str, float | None] = field(default_factory=dict)
    total: float | None = None
    flags: list[str] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Row":
        """Return what `to_dict` was called on."""
        return cls(**data)
