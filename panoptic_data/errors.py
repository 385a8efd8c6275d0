"""Every error that a person can meet; what libraries raise is turned into one of these.

    PanopticError
    ├── UsageError               a wrong argument or path (exit code 2)
    │   ├── ProjectNotFound (ProjectAway), ProjectTooNew, ProjectDamaged
    │   ├── FolderNotFound (NotAFolder), FolderOverlaps, FolderHoldsProject, FolderLooksMoved
    │   ├── UnknownSource, UnknownEncoder (UnknownEncoderOption), OtherWeights, UnknownImage
    │   ├── NothingToTrace, InvalidView, InvalidExpression, InvalidAddress
    │   ├── InvalidProperty, InvalidTag, InvalidValue, InvalidImport, InvalidExport
    │   ├── OtherProject, OtherImages, SortingGone, DeletedProperty, DeletedTag
    │   ├── SharedPartsNotMade
    │   └── InvalidSample, InvalidVersion, UnknownVersion, VersionReadOnly
    ├── ProcessingFailed, ExportFailed   a run did not do all, a disk not take all that it should
    ├── ProjectBusy              another run is at work (exit code 3)
    ├── WeightsUnavailable, TextNotSupported, NoEmbeddings   an encoder cannot serve (exit code 4)
    ├── UnreadableImage          bytes that are no image; becomes a row with a reason
    ├── WriteConflict            a table stayed contended after every retry (exit code 5)
    └── DataUnavailable          what was stored cannot be reached or read
        ├── ProjectGone, ProjectReplaced, ProjectIncomplete (TablesGone)
        └── TableMissing, TableDamaged, LogIncomplete

The text of each is in the message catalogue under ``error.<key>``. Not here: reasons why a
*file* is unreadable (``reason.<code>`` in the catalogue, codes in ``decode``).
"""

from __future__ import annotations

import re

from panoptic_data.messages import translate

__all__ = [
    "DataUnavailable", "DeletedProperty", "DeletedTag", "ExportFailed", "FolderHoldsProject",
    "FolderLooksMoved", "FolderNotFound", "FolderOverlaps", "InvalidAddress", "InvalidExport",
    "InvalidExpression", "InvalidImport", "InvalidProperty", "InvalidSample", "InvalidTag",
    "InvalidValue", "InvalidVersion", "InvalidView", "LogIncomplete", "NoEmbeddings", "NotAFolder",
    "NothingToTrace", "OtherImages", "OtherProject", "OtherWeights", "PanopticError",
    "ProcessingFailed", "ProjectAway", "ProjectBusy", "ProjectDamaged", "ProjectGone",
    "ProjectIncomplete", "ProjectNotFound", "ProjectReplaced", "ProjectTooNew",
    "SharedPartsNotMade", "SortingGone", "TableDamaged", "TableMissing", "TablesGone",
    "TextNotSupported", "UnknownEncoder",
    "UnknownEncoderOption", "UnknownImage", "UnknownSource", "UnknownVersion", "UnreadableImage",
    "UsageError", "VersionReadOnly", "WeightsUnavailable", "WriteConflict", "weights_cause",
]  # fmt: skip


class PanopticError(Exception):
    """Root of the tree. ``params`` fill the placeholders of its message."""

    key = "unexpected"
    exit_code = 1

    def __init_subclass__(cls) -> None:
        """Give an error the key that its name makes: ``WriteConflict`` has "write_conflict"."""
        if "key" not in vars(cls):
            cls.key = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        super().__init_subclass__()

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """Say what is wrong and what to do next, in ``language`` ("en" or "fr")."""
        return translate(f"error.{self.key}", language, **self.params)


class UsageError(PanopticError):
    """A wrong argument: one clear sentence, exit code 2."""

    key = "usage"
    exit_code = 2


class ProjectNotFound(UsageError):
    """No project at this path. Params: ``path``."""


class ProjectAway(ProjectNotFound):
    """Nothing is at the path that was named, or remains of a project. Params: ``path``."""


class ProjectTooNew(UsageError):
    """The project was written by a newer release. Params: ``path``, ``found``, ``known``."""


class ProjectDamaged(UsageError):
    """The settings of a project cannot be read. Params: ``path``, ``problem``."""


class FolderNotFound(UsageError):
    """A folder of images that is not there. Params: ``path``."""


class NotAFolder(FolderNotFound):
    """A file where a folder of images should be. Params: ``path``."""


class FolderOverlaps(UsageError):
    """A folder inside, or around, a registered one. Params: ``path``, ``source``, ``other``."""


class FolderHoldsProject(UsageError):
    """The project's own directory is in the folder of images. Params: ``path``, ``project``."""


class FolderLooksMoved(UsageError):
    """It holds what a source held that is away. Params: ``path``, ``source``, ``other``."""


class UnknownSource(UsageError):
    """No source of this name. Params: ``name``, ``known``."""


class UnknownEncoder(UsageError):
    """No encoder of this name. Params: ``name``, ``known``."""


class UnknownEncoderOption(UnknownEncoder):
    """An option an encoder does not take. Params: ``name``, ``option``, ``known``."""


class OtherWeights(UsageError):
    """Not the weights that made an encoder's vectors.

    Params: ``path``, ``encoder``, ``count`` (vectors), ``text`` (to add them as another encoder).
    """


class UnknownImage(UsageError):
    """No image with this sha1 or path. Params: ``name``; ``known``: paths that may be meant."""

    def message(self, language: str) -> str:
        """Say so, and which paths may be meant."""
        ending = "_like" if self.params.get("known") else ""
        return translate(f"error.{self.key}{ending}", language, **self.params)


class NothingToTrace(UsageError):
    """An image has no such value. Params: ``image``, ``of``, ``known`` (what it has)."""


class InvalidView(UsageError):
    """A view that cannot be read. Params: ``field``, ``problem`` (a key of section ``view``)."""

    def __init__(self, field: str, problem: str, **details: object) -> None:
        self.problem, self.details = problem, details
        super().__init__(field=field, problem=problem)

    def message(self, language: str) -> str:
        """Name the field and say what is wrong with it, in ``language``."""
        problem = translate(f"view.{self.problem}", language, **self.details)
        return translate("error.invalid_view", language, **self.params | {"problem": problem})


class _InvalidDefinition(UsageError):
    """Something a person defines that is invalid. Params: ``name`` and what ``problem`` takes.

    ``problem`` is a key of the section ``key``, or stands there after ``texts``.
    """

    texts = ""

    def __init__(self, problem: str, **details: object) -> None:
        self.problem = problem
        super().__init__(**details)

    def message(self, language: str) -> str:
        """Say what is invalid, in ``language``."""
        problem = translate((self.texts or f"{self.key}.") + self.problem, language, **self.params)
        return translate(f"error.{self.key}", language, **self.params | {"problem": problem})


class InvalidProperty(_InvalidDefinition):
    """A property that cannot be created or updated so."""


class InvalidTag(_InvalidDefinition):
    """A tag that cannot be created or updated so."""


class OtherProject(UsageError):
    """An edit of another project than the one that is served. Params: ``name`` of this one."""


class _Deleted(UsageError):
    """Something a person uses that is gone. Params: ``name``, ``author`` (who deleted it).

    ``batch`` is the batch that deleted it, or where ``is_undone`` the one that made it;
    ``property`` that of a tag.
    """

    def __init__(
        self, id: str, batch: str, property: str | None, *, is_undone: bool, **params: object
    ) -> None:
        self.id, self.batch, self.property, self.is_undone = id, batch, property, is_undone
        super().__init__(**params)


class DeletedProperty(_Deleted):
    """A property that somebody deleted."""


class DeletedTag(_Deleted):
    """A tag that somebody deleted, of ``property``."""


class OtherImages(UsageError):
    """A view that shows other images or groups than those that an edit was counted for."""


class SortingGone(UsageError):
    """Images that were sorted by words, and are kept so no more: what was accepted is unknown."""


class InvalidExpression(_InvalidDefinition):
    """A search that cannot be read. Params: ``part`` of it, and its ``place`` (from 1).

    ``span`` is its position in the text, [start, end).
    """

    def __init__(self, problem: str, span: tuple[int, int] = (0, 0), **details: object) -> None:
        self.span = span
        super().__init__(problem, **details)


class InvalidAddress(_InvalidDefinition):
    """An image that cannot be downloaded. Params: ``address``, ``detail``."""


class InvalidValue(UsageError):
    """A value that its property cannot have; ``problem`` where its type is right."""

    def __init__(self, type: str, value: str, problem: str = "") -> None:
        super().__init__(type=type, value=value, ending=problem and f"_{problem}")

    def message(self, language: str) -> str:
        """Show the value and what is wanted instead, in ``language``."""
        value = " ".join(str(self.params["value"]).split())
        params = {"wanted": translate(f"values.{self.params['type']}", language)}
        params["value"] = value if len(value) <= 60 else f"{value[:60]}…"
        return translate(f"error.{self.key}{self.params['ending']}", language, **params)


class InvalidImport(_InvalidDefinition):
    """A file that cannot be imported so. Params: ``file``, and what ``problem`` takes."""

    texts = "import.cannot_"

    def __init__(self, problem: str, file: object, **details: object) -> None:
        super().__init__(problem, file=file, **details)


class InvalidExport(_InvalidDefinition):
    """An export that cannot be made so. Params: what ``problem`` takes."""

    texts = "export.cannot_"


class InvalidSample(_InvalidDefinition):
    """A sample, or a division, that cannot be made so. Params: what ``problem`` takes."""

    texts = "sampling.cannot_"


class SharedPartsNotMade(UsageError):
    """Parts that images share are asked for, and were never looked for."""


class InvalidVersion(_InvalidDefinition):
    """A corpus version that cannot be made so. Params: what ``problem`` takes."""

    texts = "versions.cannot_"


class UnknownVersion(UsageError):
    """No corpus version of this name or id. Params: ``name``, ``known``."""


class VersionReadOnly(UsageError):
    """A corpus version is read: nothing can be written."""


class ExportFailed(PanopticError):
    """What was exported could not be written. Params: ``path``, ``cause``."""


class ProcessingFailed(PanopticError):
    """A run of ``python -m pipelines process`` failed. Params: ``reason``."""


class ProjectBusy(PanopticError):
    """Another process works on this project. Params: ``path``."""

    exit_code = 3


class WeightsUnavailable(PanopticError):
    """A model's weights cannot be had; ``reason`` is a key of the section ``encoder``."""

    exit_code = 4

    def __init__(self, encoder: str, reason: str, detail: str = "") -> None:
        self.encoder = encoder
        self.cause = f"{reason}: {detail}"
        super().__init__(encoder=encoder, cause=self.cause)

    def message(self, language: str) -> str:
        """Say which encoder waits and why, in ``language``."""
        cause = weights_cause(self.cause, language)
        return translate(f"error.{self.key}", language, encoder=self.encoder, cause=cause)


def weights_cause(cause: str, language: str) -> str:
    """Return as a sentence a cause as the table ``encoders`` stores it; empty for none."""
    if not cause:
        return ""
    reason, _, detail = cause.partition(": ")
    return translate(f"encoder.{reason}", language, detail=detail)


class TextNotSupported(PanopticError):
    """This encoder reads no text. Params: ``encoder``."""

    exit_code = 4


class NoEmbeddings(PanopticError):
    """No image, or not the one of this ``name``, has a vector. Params: ``encoder``, ``name``."""

    key, exit_code = "no_embeddings", 4
    # Whether a run is making them.
    is_awaited = False

    def message(self, language: str) -> str:
        """Say so, or that the vectors are being made."""
        ending = "_awaited" if self.is_awaited else "_of_image" * ("name" in self.params)
        return translate(f"error.{self.key}{ending}", language, **self.params)


class UnreadableImage(PanopticError):
    """Bytes that are no image. Params: ``reason`` (a code of ``decode``), ``detail``."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(reason=translate(f"reason.{reason}", "en"), detail=detail)


class WriteConflict(PanopticError):
    """Other writers kept a table busy after every retry. Params: ``table``."""

    exit_code = 5


class DataUnavailable(PanopticError):
    """What was stored cannot be reached or read now; nothing is written. Params: ``problem``."""


class ProjectGone(DataUnavailable):
    """The folder of a project that is open was moved, or its disk unmounted. Params: ``path``."""


class ProjectReplaced(DataUnavailable):
    """Another project, or a copy, is in the place of the one that is open. Params: ``path``."""


class ProjectIncomplete(DataUnavailable):
    """The settings of a project are gone, its tables are there. Params: ``path``."""


class TablesGone(ProjectIncomplete):
    """The folder of a project's tables is gone. Params: ``path``, ``tables``."""


class TableMissing(DataUnavailable):
    """A table that was made is gone. Params: ``table``."""


class TableDamaged(DataUnavailable):
    """A table cannot be read. Params: ``table``, ``problem``."""


class LogIncomplete(DataUnavailable):
    """The log of annotations lost changes that were stored. Params: ``events``, ``known``."""
