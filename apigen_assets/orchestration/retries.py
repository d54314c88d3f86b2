"""Which failures are tried again: only those that may pass by themselves. A check that fails is never one."""

import dagster as dg

WAIT_S = 10.0


def again_or_stop(error: Exception, may_pass: bool) -> dg.RetryRequested | dg.Failure:
    """What a step raises for an error: one more try after a while where that can help, else the end of the run.

    The clients behind a step have retried for minutes already; the second try is for what took longer than that.
    """
    if may_pass:
        return dg.RetryRequested(max_retries=1, seconds_to_wait=WAIT_S)
    return dg.Failure(description=str(error), allow_retries=False)
