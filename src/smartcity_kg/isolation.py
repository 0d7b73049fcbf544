"""A job without a network (layer 0).

Linux lets a process leave the network of its system for an empty one; where it does not, a job still may open no
socket, by the audit hook of the sandbox. It changes this process, for good, and touches nothing else.
"""

import ctypes
import os
import signal

# From <linux/sched.h>; the functions of the standard library came with Python 3.12.
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
# From <linux/prctl.h>.
_DEATH_SIGNAL = 1


def leave_network() -> bool:
    """Move this process into an empty network, if the system lets it. Call it in a fork only: nothing undoes it.

    Whoever is no administrator needs a user namespace for it, where that is allowed.

    Returns:
        Whether it has no network any more; if not, nothing has changed.

    >>> callable(leave_network)
    True
    """
    return _unshare(_NEW_NETWORK) or _unshare(_NEW_USER | _NEW_NETWORK)


def _unshare(flags: int) -> bool:
    try:
        if hasattr(os, "unshare"):
            os.unshare(flags)
            return True
        return int(ctypes.CDLL(None, use_errno=True).unshare(flags)) == 0
    except (OSError, AttributeError, TypeError):  # refused, or no Linux
        return False


def end_with_parent() -> bool:
    """Have the system end this process when the one that started it ends, however that happens (Linux).

    Returns:
        Whether the system does so; if not, nothing has changed.

    >>> callable(end_with_parent)
    True
    """
    try:
        return int(ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)) == 0
    except (OSError, AttributeError, TypeError):
        return False
