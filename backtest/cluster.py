"""Workers of Dask distributed: a cluster of this machine, or a scheduler by its address.

Edge: starts processes, opens connections. The package is optional: backtest/requirements.txt.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from backtest.jobs import quiet

RETRIES = 2
"""A home whose worker was lost is given to another so often."""


class NoClusterError(ValueError):
    """No cluster is available; the text has the reason."""


@contextmanager
def workers(address: str | None, count: int) -> Iterator[Executor]:
    """An executor on the scheduler at `address`, or on `count` processes of this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise NoClusterError(
            "many homes need Dask distributed: pip install -r backtest/requirements.lock"
        ) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    if address is not None:
        try:
            client = Client(address, timeout="10s")
        except (OSError, ValueError) as error:
            raise NoClusterError(f"there is no scheduler at {address}: {error}") from None
        with client:
            yield client.get_executor(pure=False, retries=RETRIES)
        return
    with (
        LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(quiet)
        yield client.get_executor(pure=False, retries=RETRIES)
