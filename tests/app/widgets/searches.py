"""Conditions that several tests of searches use."""

from panoptic_data.catalogue import similarity
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.views.model import Condition
from panoptic_data.views.search_expression import parse as read

A, B, C = "a" * 40, "b" * 40, "c" * 40

FOLDER = Condition("folder", "in", ["x"])


def search_condition(query, **limits):
    return similarity.condition(SimilarityQuery("visual", read(query), **limits))
