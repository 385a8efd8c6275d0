"""From folders of image files to the tables ``sources``, ``files`` and ``images``."""
