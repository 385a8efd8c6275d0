"""A property of each type and two tags, as state of annotations."""

from panoptic_data.annotations.properties import Property
from panoptic_data.annotations.state import State
from panoptic_data.annotations.tags import Tag
from panoptic_data.annotations.values import TYPES
from panoptic_data.views.fields import property_field
from tests import synthetic

OWN = {type: property_field(type, f"{type}1") for type in TYPES}

STATE = State(
    properties={f"{type}1": Property(f"{type}1", f"My {type}", type) for type in TYPES},
    tags={"t1": Tag("t1", "tags1", "war"), "t2": Tag("t2", "tags1", "old", deleted=True)},
)

SHA1S = [synthetic.sha1("a")]

LIKE = {"encoder": "visual", "query": f"2*cat - image:{SHA1S[0]}"}
