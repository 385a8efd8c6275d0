"""lancedb is imported without what is never needed here, which is there when asked for."""

import subprocess
import sys

CHECK = """
import sys
import panoptic_data.storage
import lancedb
import lance_namespace
clients = "lance_namespace_urllib3_client"
print(any(name.startswith(clients + ".api") for name in sys.modules))
print(sys.modules[clients].TableApi.__name__, hasattr(sys.modules[clients], "none"))
from lance_namespace_urllib3_client import ApiClient
print(ApiClient.__name__)
"""


def test_the_clients_of_remote_catalogues_are_imported_when_asked_for():
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "TableApi", "False", "ApiClient"]
