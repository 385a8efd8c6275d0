from .errors import PanopticError
from .notebook import (
    add_folder,
    annotate,
    create_property,
    import_values,
    list_folders,
    parse_view,
    process,
    read_values,
    read_vectors,
    search_images,
    select_images,
    tag_images,
    undo,
)
from .storage.project import Project, create_project, open_project
from .views.model import Clause, Condition, Level, Sort, View

__all__ = [
    "Clause",
    "Condition",
    "Level",
    "PanopticError",
    "Project",
    "Sort",
    "View",
    "add_folder",
    "annotate",
    "create_project",
    "create_property",
    "import_values",
    "list_folders",
    "open_project",
    "parse_view",
    "process",
    "read_values",
    "read_vectors",
    "search_images",
    "select_images",
    "tag_images",
    "undo",
]
